// The softphone: whichever driver the page has, behind one small interface. What it can't do it says.
//
// A driver is a module with `connect({ringing, connected, ended, failed, closed})`, which resolves to
// `{answer(), hangup(), mute(on), close()}` once calls can ring in this browser.

import { send } from "./frame.js";

const DRIVERS = { simulator: "./softphone-simulator.js" };
const LEASE = 10_000; // how often we say that this browser can ring
const AGAIN = 3_000;

/** What the browser's phone is at: `off`, `idle`, `ringing`, `answering`, `talking`. */
export const phone = { state: "off", muted: false, failed: false, wanted: false };
let driver = null;
let lease = null;

function become(state, more = {}) {
  Object.assign(phone, { state }, more);
  document.dispatchEvent(new CustomEvent("softphone", { detail: phone }));
}

const handlers = {
  ringing() {
    become("ringing", { failed: false });
    if (phone.wanted) answer();
  },
  connected() {
    become("talking", { muted: false, wanted: false });
  },
  ended() {
    become("idle", { muted: false, wanted: false });
  },
  failed() {
    become("idle", { failed: true, wanted: false });
  },
  closed() {
    driver = null;
    clearInterval(lease);
    send("/desk/softphone", { fields: { up: "false" }, keepalive: true }).catch(() => {});
    become("off");
    setTimeout(start, AGAIN);
  },
};

/** Answers the call that rings, or the one that will in a moment: the pop is faster than the phone. */
export function answer() {
  if (phone.state === "talking" || phone.state === "answering") return;
  if (phone.state !== "ringing") return become(phone.state, { wanted: true, failed: false });
  driver.answer();
  become("answering", { wanted: false, failed: false });
}

/** The call whose Answer was pressed is gone before it rang: the next one is not to be answered for it. */
export function forget() {
  if (phone.wanted) become(phone.state, { wanted: false });
}

/** Whether the browser's phone has ended its call, or refused it while it rang. */
export function hangUp() {
  if (!driver || !["ringing", "answering", "talking"].includes(phone.state)) return false;
  driver.hangup();
  return true;
}

/** Closes our microphone to the call, or opens it again. */
export function mute() {
  if (phone.state !== "talking") return;
  driver?.mute(!phone.muted);
  become("talking", { muted: !phone.muted });
}

async function start() {
  const path = DRIVERS[document.body.dataset.softphone];
  if (!path) return;
  try {
    const { connect } = await import(path);
    driver = await connect(handlers);
  } catch {
    setTimeout(start, AGAIN);
    return;
  }
  become("idle");
  const live = () => send("/desk/softphone").catch(() => {});
  live();
  lease = setInterval(live, LEASE);
}

addEventListener("pagehide", () => {
  if (driver) send("/desk/softphone", { fields: { up: "false" }, keepalive: true }).catch(() => {});
});
addEventListener("pageshow", (event) => event.persisted && driver && send("/desk/softphone").catch(() => {}));
start();
