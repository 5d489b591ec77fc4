// The softphone: whichever driver the page has, behind one small interface. What it can't do it says.
//
// A driver is a module with `connect({ringing, connected, ended, failed, closed})`, which resolves to
// `{answer(), hangup(), mute(on), close()}` once calls can ring in this browser.

import { send } from "./frame.js";

const DRIVERS = { simulator: "./softphone-simulator.js" };
const LEASE = 10_000; // how often we say that this browser can ring
const AGAIN = 3_000;
const PATIENCE = 8_000; // from Answer to a ring that has not come yet

/** What the browser's phone is at: `off`, `idle`, `ringing`, `answering`, `talking`. */
export const phone = { state: "off", muted: false, failed: false };
let driver = null;
let lease = null;
let wanted = 0; // when Answer was pressed before the phone rang: the pop is faster

function become(state, more = {}) {
  Object.assign(phone, { state }, more);
  document.dispatchEvent(new CustomEvent("softphone", { detail: phone }));
}

const handlers = {
  ringing() {
    become("ringing", { failed: false });
    if (performance.now() - wanted < PATIENCE && wanted) answer();
  },
  connected() {
    wanted = 0;
    become("talking", { muted: false });
  },
  ended() {
    wanted = 0;
    become("idle", { muted: false });
  },
  failed() {
    wanted = 0;
    become("idle", { failed: true });
  },
  closed() {
    driver = null;
    clearInterval(lease);
    send("/desk/softphone", { fields: { up: "false" }, keepalive: true }).catch(() => {});
    become("off");
    setTimeout(start, AGAIN);
  },
};

/** Answers the call that rings, or the one that will in a moment. */
export function answer() {
  if (phone.state === "talking") return;
  if (phone.state === "ringing") driver?.answer();
  else wanted = performance.now();
  become(phone.state === "ringing" ? "answering" : phone.state, { failed: false });
}

/** Whether the browser's phone has ended its call, or refused it while it rang. */
export function hangUp() {
  if (!driver || !["ringing", "answering", "talking"].includes(phone.state)) return false;
  wanted = 0;
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
