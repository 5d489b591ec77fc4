// The softphone: whichever driver the page has, behind one small interface. What it can't do it says.

import { SOFTPHONE_LEASE, SOFTPHONE_RETRY } from "../shared/durations.js";
import { send } from "../shared/http.js";

/**
 * What a driver tells.
 * @typedef {object} DriverEvents
 * @property {() => void} ringing
 * @property {() => void} connected
 * @property {() => void} ended
 * @property {() => void} failed no sound, no microphone: the agent's other phone is rung instead
 * @property {() => void} closed no call can ring here any more
 */

/**
 * What a driver does. Its module exports `connect(events)`, which resolves to this once calls can ring in this browser.
 * @typedef {object} Driver
 * @property {() => void} answer
 * @property {() => void} hangup
 * @property {(on: boolean) => void} mute
 * @property {() => void} close
 */

/**
 * The pop is faster than the phone: `wish` is what was pressed before it rang.
 * @type {Phone}
 */
export const phone = { state: "off", muted: false, failed: false, wish: "" };
/** @type {Driver | null} */
let driver = null;
/** @type {ReturnType<typeof setInterval> | undefined} */
let lease;

/** @param {Partial<Phone>} change */
function become(change) {
  Object.assign(phone, change);
  document.dispatchEvent(new CustomEvent("softphone", { detail: phone }));
}

/** Says that calls can ring in this browser, or no longer. @param {boolean} up */
function report(up) {
  send("/desk/softphone", up ? {} : { fields: { up: "false" }, keepalive: true }).catch(() => {});
}

/** @type {DriverEvents} */
const events = {
  ringing() {
    become({ state: "ringing", failed: false });
    if (phone.wish === "answer") answer();
    else if (phone.wish === "refuse") hangUp();
  },
  connected: () => become({ state: "talking", muted: false, wish: "" }),
  ended: () => become({ state: "idle", muted: false, wish: "" }),
  failed: () => become({ state: "idle", failed: true, wish: "" }),
  closed() {
    driver = null;
    clearInterval(lease);
    report(false);
    become({ state: "off" });
    setTimeout(start, SOFTPHONE_RETRY);
  },
};

/** Answers the call that rings, or the one that will in a moment. */
export function answer() {
  if (phone.state === "talking" || phone.state === "answering") return;
  if (phone.state === "ringing") {
    driver?.answer();
    become({ state: "answering", wish: "", failed: false });
  } else {
    become({ wish: "answer", failed: false });
  }
}

/** Lets the call pass that rings, or the one that will in a moment; false where no call can ring here. */
export function refuse() {
  if (!driver) return false;
  if (!hangUp()) become({ wish: "refuse", failed: false });
  return true;
}

/** The call that was meant is gone before it rang: the next one is not to be taken for it. */
export function forget() {
  if (phone.wish) become({ wish: "" });
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
  become({ muted: !phone.muted });
}

async function start() {
  const path = document.body.dataset.softphone; // the driver that the settings chose, composed in app.py
  if (!path) return;
  try {
    const { connect } = await import(path);
    driver = await connect(events);
  } catch {
    setTimeout(start, SOFTPHONE_RETRY);
    return;
  }
  become({ state: "idle" });
  report(true);
  lease = setInterval(report, SOFTPHONE_LEASE, true);
}

addEventListener("pagehide", () => {
  if (driver) report(false);
});
addEventListener("pageshow", ({ persisted }) => {
  if (persisted && driver) report(true);
});
start();
