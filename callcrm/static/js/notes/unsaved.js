// What was typed and the server does not have yet, kept in this browser until it has: by user, note and open page.
// A client is one open page. Its text is taken up by another page only once that one has gone.

const LETTERS = "0123456789abcdefghjkmnpqrstvwxyz";
const PREFIX = "callcrm:note:";
const savers = new Set();

function letters(count) {
  return Array.from(crypto.getRandomValues(new Uint8Array(count)), (byte) => LETTERS[byte & 31]).join("");
}

/** A note's id: nine letters of time in ms, then 80 random bits. */
export function newId() {
  let time = "";
  for (let rest = Date.now(), place = 0; place < 9; place += 1, rest = Math.floor(rest / 32)) {
    time = LETTERS[rest % 32] + time;
  }
  return `note_${time}${letters(16)}`;
}

/** This page. */
export const clientId = letters(16);
let release;

function hold() {
  navigator.locks?.request(lockOf(clientId), () => new Promise((done) => (release = done)));
}

function lockOf(one) {
  return `callcrm-clientId-${one}`;
}

function keyOf({ user, id, clientId: by }) {
  return `${PREFIX}${user}:${id}:${by}`;
}

/** Keep a text; whether there was room for it. */
export function keep(entry) {
  try {
    localStorage.setItem(keyOf(entry), JSON.stringify(entry));
    return true;
  } catch {
    return false;
  }
}

/** The server has it. */
export function forget(entry) {
  localStorage.removeItem(keyOf(entry));
}

function entries(user) {
  const mine = Object.keys(localStorage).filter((key) => key.startsWith(`${PREFIX}${user}:`));
  return mine.map((key) => JSON.parse(localStorage.getItem(key))).sort((one, other) => one.begun - other.begun);
}

/** Hand what this user's closed pages left behind to `take`, one text after the other. */
export function recover(user, take) {
  const others = new Set(entries(user).map((entry) => entry.clientId));
  others.delete(clientId);
  for (const one of others) {
    const all = async () => {
      for (const entry of entries(user).filter((left) => left.clientId === one)) await take(entry);
    };
    if (navigator.locks) navigator.locks.request(lockOf(one), all);
    else all();
  }
}

/** Whatever is writing on this page, so that it can be asked to hurry. */
export function enlist(saver) {
  savers.add(saver);
  return () => savers.delete(saver);
}

// A page that is left may be kept by the browser for going back to: what it has not saved is the next one's.
hold();
addEventListener("pagehide", () => {
  savers.forEach((saver) => saver.leave());
  release?.();
});
addEventListener("pageshow", ({ persisted }) => persisted && hold());
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") savers.forEach((saver) => saver.flush());
});
for (const [target, kind] of [[window, "online"], [document, "live:again"]]) {
  target.addEventListener(kind, () => savers.forEach((saver) => saver.retry()));
}
