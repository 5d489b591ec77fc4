// The softphone: whichever driver the page has, behind one small interface. What it can't do it says.
//
// A driver is a module with `connect({ringing, connected, ended, failed, closed})`, which resolves to
// `{answer(), hangup(), mute(on), close()}` once calls can ring in this browser.

import { send } from "../shared/frame.js";

const LEASE = 10_000; // how often we say that this browser can ring
const AGAIN = 3_000;

/** What the browser's phone is at: `off`, `idle`, `ringing`, `answering`, `talking`. The pop is faster than
    the phone: `wish` is what was pressed before it rang, `answer` or `refuse`. */
export const phone = { state: "off", muted: false, failed: false, wish: "" };
let driver = null;
let lease = null;

function become(state, more = {}) {
  Object.assign(phone, { state }, more);
  document.dispatchEvent(new CustomEvent("softphone", { detail: phone }));
}

const handlers = {
  ringing() {
    become("ringing", { failed: false });
    if (phone.wish === "answer") answer();
    else if (phone.wish === "refuse") hangUp();
  },
  connected() {
    become("talking", { muted: false, wish: "" });
  },
  ended() {
    become("idle", { muted: false, wish: "" });
  },
  failed() {
    become("idle", { failed: true, wish: "" });
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
  if (phone.state === "talking" || phone.state === "answering") return;
  if (phone.state !== "ringing") return become(phone.state, { wish: "answer", failed: false });
  driver.answer();
  become("answering", { wish: "", failed: false });
}

/** Lets the call pass that rings, or the one that will in a moment; false where no call can ring here. */
export function refuse() {
  if (!driver) return false;
  if (!hangUp()) become(phone.state, { wish: "refuse", failed: false });
  return true;
}

/** The call that was meant is gone before it rang: the next one is not to be taken for it. */
export function forget() {
  if (phone.wish) become(phone.state, { wish: "" });
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
  const path = document.body.dataset.softphone; // the driver that the settings chose, composed in app.py
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
