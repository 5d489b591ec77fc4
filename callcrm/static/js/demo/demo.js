// The demo's page: whose desk it is, which part is in front on a small screen, and the parts themselves.

import { phone } from "./phone.js";
import { story } from "./story.js";

const main = document.getElementById("main");
const chips = [...document.querySelectorAll(".demo-jump [data-pane]")];

/** Brings a part to the front where only one has room. */
function front(pane) {
  main.dataset.pane = pane;
  for (const chip of chips) chip.setAttribute("aria-pressed", String(chip.dataset.pane === pane));
}

for (const chip of chips) chip.addEventListener("click", () => front(chip.dataset.pane));
front(matchMedia("(width < 900px)").matches ? "phone" : "desk");

/** Shows on the tabs where it rings and where a voice is. */
function mark(state) {
  const [onPhone, atDesk] = ["phone", "desk"].map((name) => document.querySelector(`.demo-jump [data-pane=${name}] .dot`));
  onPhone.hidden = state === "idle" || state === "ended";
  onPhone.className = state === "rung" ? "dot ring" : "dot live";
  atDesk.hidden = !(state === "ringing" || state === "connected");
  atDesk.className = state === "ringing" ? "dot ring" : "dot live";
  document.querySelector("[data-ringing]").hidden = state !== "ringing";
  const next = document.getElementById("next");
  next.textContent = next.dataset[state] ?? next.textContent;
}

const calls = phone(mark);
story();

// One click is one: a second one on its way would only begin the same again.
for (const form of document.querySelectorAll(".top form")) {
  form.addEventListener("submit", () => {
    calls.hangUp();
    const button = form.querySelector("button");
    if (button.dataset.busy) button.textContent = button.dataset.busy;
    setTimeout(() => (button.disabled = true));
  });
}

document.querySelector("[data-sit]")?.requestSubmit();
