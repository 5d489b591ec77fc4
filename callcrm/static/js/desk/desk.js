// The desk: what the server drew is put in place, and what only this browser knows is painted onto it.

import { delegate, hasFocus, need, query, queryAll } from "../shared/dom.js";
import { send } from "../shared/http.js";
import { onKeys } from "../shared/keys.js";
import { afterPatch, beforePatch, morph } from "../shared/patch.js";
import { learnServerTime } from "../shared/timers.js";
import { answer, forget, hangUp, mute, phone, refuse } from "./softphone.js";

const callPanel = () => need("#main", HTMLElement);
const fault = () => query("#call-fault", HTMLElement);

let pressedFor = ""; // the call whose Answer or Pass on was pressed
/** @type {{ call: string, reason: string } | null} */
let refused = null; // what could not be done about a call, and why

/** @type {Record<string, (button: HTMLElement) => void>} */
const ACTS = {
  answer() {
    pressedFor = callPanel().dataset.pop ?? "";
    answer();
  },
  mute: () => mute(),
  hangup(button) {
    if (!hangUp()) askServer(button);
  },
  pass(button) {
    pressedFor = callPanel().dataset.pop ?? "";
    const ringsHere = query('[data-act="answer"]', HTMLElement) !== null; // not on an ordinary phone
    if (!ringsHere || !refuse()) askServer(button);
  },
};

/**
 * What the browser's phone can't do the server asks of the carrier.
 * @param {HTMLElement} button
 */
async function askServer(button) {
  button.setAttribute("aria-disabled", "true");
  const call = callPanel().dataset.call ?? "";
  try {
    const response = await send(button.dataset.path ?? "");
    refused = response.ok ? null : { call, reason: (await response.json()).message };
  } catch {
    refused = { call, reason: fault()?.dataset.offline ?? "" };
  }
  button.removeAttribute("aria-disabled");
  paint();
}

delegate("click", "[data-act]", HTMLElement, (button) => {
  if (button.getAttribute("aria-disabled") !== "true") ACTS[button.dataset.act ?? ""]?.(button);
});

/**
 * @param {HTMLElement | null} button
 * @param {boolean} busy
 */
function paintButton(button, busy) {
  if (!button) return;
  const word = need("span", HTMLElement, button);
  button.dataset.word ??= word.textContent;
  word.textContent = (busy ? button.dataset.busy : button.dataset.word) ?? "";
  if (busy) button.setAttribute("aria-disabled", "true");
  else button.removeAttribute("aria-disabled");
}

/** What the call panel can't know: the phone of this browser. */
function paint() {
  const panel = callPanel();
  const answering = phone.wish === "answer" || phone.state === "answering" || phone.state === "talking";
  paintButton(query('[data-act="answer"]', HTMLElement, panel), answering);
  paintButton(query('[data-act="pass"]', HTMLElement, panel), phone.wish === "refuse");
  query('[data-act="mute"]', HTMLElement, panel)?.setAttribute("aria-pressed", String(phone.muted));
  paintFault(panel.dataset.call);
  document.title = panel.dataset.title ?? "";
}

/** @param {string | undefined} call */
function paintFault(call) {
  const place = fault();
  if (!place) return;
  let reason = (phone.failed && place.dataset.phone) || "";
  if (refused && refused.call === call) reason = refused.reason;
  place.hidden = !reason;
  if (place.textContent !== reason) place.textContent = reason;
}

/** What needs the server is greyed while it can't be reached; why is said beside it. */
function paintConnection() {
  const away = document.documentElement.dataset.connection === "offline";
  for (const button of queryAll('button[data-needs="connection"]', HTMLButtonElement)) {
    button.disabled = away;
    if (away) button.setAttribute("aria-describedby", "no-connection");
    else button.removeAttribute("aria-describedby");
  }
}

function drawn() {
  for (const part of queryAll("[data-now]", HTMLElement)) learnServerTime(part);
  if ((callPanel().dataset.pop ?? "") !== pressedFor) forget();
  paint();
  paintConnection();
}

document.addEventListener("live:waiting", ({ detail }) => morph("#waiting", detail.html));

let focusInBar = false; // whether the focus was on a button of the call, which goes when the call goes on
beforePatch(() => {
  const bar = query("#main .call-bar", HTMLElement);
  focusInBar = bar !== null && hasFocus(bar);
});
afterPatch(() => {
  drawn();
  if (focusInBar && document.activeElement === document.body) callPanel().focus({ preventScroll: true });
});
document.addEventListener("softphone", paint);
document.addEventListener("live:state", paintConnection);
drawn();

/**
 * Presses a button by its key, if it can be pressed now.
 * @param {string} selector
 */
function press(selector) {
  const button = query(selector, HTMLButtonElement);
  if (button && !button.disabled && button.getAttribute("aria-disabled") !== "true") button.click();
}

// F4 and F9 mean other things to some browsers: on this page they never do.
onKeys("page", {
  answer: () => press('[data-act="answer"]'),
  mute: () => press('[data-act="mute"]'),
  hangUp: () => press('[data-act="hangup"]'),
  choose: (key) => press(`.choice[data-key="${key}"]`),
  showKeys: () => query("dialog#keys", HTMLDialogElement)?.showModal(),
});
