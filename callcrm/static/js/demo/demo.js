// The demo's page: whose desk it is, which part is in front on a small screen, and the parts themselves.

import { need, query, queryAll } from "../shared/dom.js";
import { VirtualPhone } from "./phone.js";
import { followStory } from "./story.js";

const main = need("#main", HTMLElement);
const tabs = queryAll(".demo-jump [data-pane]", HTMLElement);
const NARROW = "(width < 900px)"; // where there is room for one part only: css/demo/demo.css

/**
 * Brings a part to the front where only one has room.
 * @param {string | undefined} pane
 */
function front(pane) {
  main.dataset.pane = pane ?? "";
  for (const tab of tabs) tab.setAttribute("aria-pressed", String(tab.dataset.pane === pane));
}

for (const tab of tabs) tab.addEventListener("click", () => front(tab.dataset.pane));
front(matchMedia(NARROW).matches ? "phone" : "desk");

/**
 * Shows on the tabs where it rings and where a voice is, and beside the ledger what to do next.
 * @param {string} state of the call, as the phone tells it
 */
function showCall(state) {
  const dotOf = (/** @type {string} */ pane) => need(`.demo-jump [data-pane=${pane}] .dot`, HTMLElement);
  const [onPhone, atDesk] = [dotOf("phone"), dotOf("desk")];
  onPhone.hidden = state === "idle" || state === "ended";
  onPhone.className = state === "rung" ? "dot ring" : "dot live";
  atDesk.hidden = !(state === "ringing" || state === "connected");
  atDesk.className = state === "ringing" ? "dot ring" : "dot live";
  need("[data-ringing]", HTMLElement).hidden = state !== "ringing";
  const next = need("#next", HTMLElement);
  next.textContent = next.dataset[state] ?? next.textContent;
}

const phone = new VirtualPhone(showCall);
followStory();

// One click is one: a second one on its way would only begin the same again.
for (const form of queryAll(".top form", HTMLFormElement)) {
  form.addEventListener("submit", () => {
    phone.hangUp();
    const button = need("button", HTMLButtonElement, form);
    if (button.dataset.busy) button.textContent = button.dataset.busy;
    setTimeout(() => {
      button.disabled = true; // only now: a disabled button submits nothing
    });
  });
}

query("form[data-sit]", HTMLFormElement)?.requestSubmit();
