// What was typed and the server does not have yet, kept in this browser until it has: by user, note and client.
// A client is one open page. Its texts are taken up by another page only once it has gone.

/**
 * A text as it is kept.
 * @typedef {object} Entry
 * @property {string} user
 * @property {string} about `call=…` or `customer=…`
 * @property {string} id of the note
 * @property {number} version of the note that this text goes on from
 * @property {string} text
 * @property {number | null} begun when its first letter was typed, by this machine's clock
 * @property {number} editSeq counts the changes a client made to the note
 * @property {boolean} finishing whether it is written to its end
 * @property {string} clientId
 * @property {number | null} at since when it is unsaved
 */

const LETTERS = "0123456789abcdefghjkmnpqrstvwxyz";
const PREFIX = "callcrm:note:";

/** @param {number} count */
function letters(count) {
  return Array.from(crypto.getRandomValues(new Uint8Array(count)), (byte) => LETTERS[byte & 31]).join("");
}

/** A note's id: nine letters of time in ms, then 80 random bits. The page makes it, so that a repeated save is known. */
export function newId() {
  let time = "";
  for (let rest = Date.now(), place = 0; place < 9; place += 1, rest = Math.floor(rest / 32)) {
    time = LETTERS[rest % 32] + time;
  }
  return `note_${time}${letters(16)}`;
}

/** This page. */
export const clientId = letters(16);

/** @param {string} client */
const lockOf = (client) => `callcrm-client-${client}`;

/** @param {Pick<Entry, "user" | "id" | "clientId">} entry */
const keyOf = (entry) => `${PREFIX}${entry.user}:${entry.id}:${entry.clientId}`;

/** Says for as long as the page lives that its texts are its own. Returns how to let go of them. */
export function claimTexts() {
  /** @type {() => void} */
  let release = () => {};
  const held = new Promise((resolve) => {
    release = () => resolve(undefined);
  });
  navigator.locks?.request(lockOf(clientId), () => held);
  return () => release();
}

/**
 * Keeps a text; false where there was no room for it.
 * @param {Entry} entry
 */
export function keep(entry) {
  try {
    localStorage.setItem(keyOf(entry), JSON.stringify(entry));
    return true;
  } catch {
    return false;
  }
}

/**
 * The server has it.
 * @param {Pick<Entry, "user" | "id" | "clientId">} entry
 */
export function forget(entry) {
  localStorage.removeItem(keyOf(entry));
}

/**
 * A user's texts, as they were begun.
 * @param {string} user
 * @returns {Entry[]}
 */
function entriesOf(user) {
  const keys = Array.from(localStorage, (_, place) => localStorage.key(place) ?? "");
  const kept = keys.filter((key) => key.startsWith(`${PREFIX}${user}:`)).map((key) => localStorage.getItem(key));
  const entries = kept.flatMap((text) => (text === null ? [] : [JSON.parse(text)]));
  return entries.sort((one, other) => one.begun - other.begun);
}

/**
 * Hands on what this user's closed pages left, one text after the other. A page that lives keeps its own.
 * @param {string} user
 * @param {(entry: Entry) => Promise<unknown>} take
 */
export function recover(user, take) {
  const clients = new Set(entriesOf(user).map((entry) => entry.clientId));
  clients.delete(clientId);
  for (const client of clients) {
    const takeAll = async () => {
      for (const entry of entriesOf(user)) if (entry.clientId === client) await take(entry);
    };
    if (navigator.locks) navigator.locks.request(lockOf(client), takeAll);
    else takeAll();
  }
}
