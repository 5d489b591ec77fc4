// The desk: what the server drew is put in place, and what only this browser knows is painted onto it.

import { send } from "../shared/frame.js";
import { answer, forget, hangUp, mute, phone, refuse } from "./softphone.js";
import { tune } from "../shared/timers.js";
import "./keys.js";

let pressed = ""; // the call whose Answer or Pass on was pressed
let refused = null; // what could not be done about a call, and why

const ACTS = {
  answer() {
    pressed = document.getElementById("main").dataset.pop;
    answer();
  },
  mute: () => mute(),
  hangup: (button) => hangUp() || ask(button),
  pass(button) {
    pressed = document.getElementById("main").dataset.pop;
    const rings = document.querySelector('[data-act="answer"]') !== null; // here, not on an ordinary phone
    if (!rings || !refuse()) ask(button);
  },
};

/** What the browser's phone can't do the house asks of the carrier. */
async function ask(button) {
  button.setAttribute("aria-disabled", "true");
  const call = document.getElementById("main").dataset.call;
  try {
    const answered = await send(button.dataset.path);
    refused = answered.ok ? null : { call, said: (await answered.json()).said };
  } catch {
    refused = { call, said: fault().dataset.line };
  }
  button.removeAttribute("aria-disabled");
  paint();
}

function fault() {
  return document.getElementById("call-fault");
}

document.addEventListener("click", (event) => {
  const button = event.target instanceof Element && event.target.closest("[data-act]");
  if (button && button.getAttribute("aria-disabled") !== "true") ACTS[button.dataset.act](button);
});

/** What the stage can't know: the phone of this browser. */
function paint() {
  const stage = document.getElementById("main");
  const busy = (button, on) => {
    if (!button) return;
    const word = button.querySelector("span");
    button.dataset.word ??= word.textContent;
    word.textContent = on ? button.dataset.busy : button.dataset.word;
    if (on) button.setAttribute("aria-disabled", "true");
    else button.removeAttribute("aria-disabled");
  };
  busy(stage.querySelector('[data-act="answer"]'), phone.wish === "answer" || phone.state === "answering" || phone.state === "talking");
  busy(stage.querySelector('[data-act="pass"]'), phone.wish === "refuse");
  stage.querySelector('[data-act="mute"]')?.setAttribute("aria-pressed", String(phone.muted));
  const told = fault();
  if (told) {
    const why = refused?.call === stage.dataset.call ? refused.said : phone.failed ? told.dataset.phone : "";
    told.hidden = !why;
    if (told.textContent !== why) told.textContent = why;
  }
  document.title = stage.dataset.title;
}

/** What needs the house is greyed while it can't be reached; why is said beside it. */
function lined() {
  const away = document.documentElement.dataset.line === "offline";
  for (const button of document.querySelectorAll('button[data-needs="line"]')) {
    button.disabled = away;
    if (away) button.setAttribute("aria-describedby", "no-line");
    else button.removeAttribute("aria-describedby");
  }
}

function drawn() {
  for (const part of document.querySelectorAll("[data-now]")) tune(part);
  if (document.getElementById("main").dataset.pop !== pressed) forget();
  paint();
  lined();
}

document.addEventListener("live:waiting", ({ detail }) => {
  htmx.swap({ target: "#waiting", text: detail.html, swap: "outerMorph" });
});
let held = false; // whether the focus was on a button of the call, which goes when the call goes on

document.addEventListener("htmx:before:swap", () => {
  held = document.activeElement?.closest("#main .call-bar") != null;
});
document.addEventListener("htmx:after:swap", () => {
  drawn();
  if (held && document.activeElement === document.body) document.getElementById("main").focus({ preventScroll: true });
});
document.addEventListener("softphone", paint);
document.addEventListener("live:state", lined);
drawn();
