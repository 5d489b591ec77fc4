// The desk: what the server drew is put in place, and what only this browser knows is painted onto it.

import { send, toast } from "./frame.js";
import { answer, hangUp, mute, phone } from "./softphone.js";
import { tune } from "./timers.js";
import "./keys.js";

const ACTS = {
  answer: () => answer(),
  mute: () => mute(),
  hangup: (button) => hangUp() || ask(button),
  pass: (button) => hangUp() || ask(button),
};

/** What the browser's phone can't do the house asks of the carrier. */
async function ask(button) {
  button.setAttribute("aria-disabled", "true");
  try {
    const answered = await send(button.dataset.path);
    if (!answered.ok) toast((await answered.text()).replace(/<[^>]*>/g, " ").trim());
  } finally {
    button.removeAttribute("aria-disabled");
  }
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
  busy(stage.querySelector('[data-act="answer"]'), phone.state === "answering" || phone.state === "talking");
  stage.querySelector('[data-act="mute"]')?.setAttribute("aria-pressed", String(phone.muted));
  const fault = stage.querySelector("#softphone-fault");
  if (fault) {
    fault.hidden = !phone.failed;
    fault.textContent = phone.failed ? fault.dataset.phone : "";
  }
  document.title = stage.dataset.title;
}

function drawn() {
  for (const part of document.querySelectorAll("[data-now]")) tune(part);
  paint();
}

document.addEventListener("live:waiting", ({ detail }) => {
  htmx.swap({ target: "#waiting", text: detail.html, swap: "outerMorph" });
});
document.addEventListener("htmx:after:swap", drawn);
document.addEventListener("softphone", paint);
drawn();
