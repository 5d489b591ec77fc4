// The page of one call: what is being heard is marked in words, and news of a call under way is shown.

import { onLive } from "../live/events.js";
import { hasFocus, need, query, queryAll, targetOf } from "../shared/dom.js";
import { onKeys } from "../shared/keys.js";
import { refresh } from "../shared/patch.js";

const HEARD_EARLY = 0.05; // seconds: a seek lands a little before the sentence it is meant for

const page = need(".call-page", HTMLElement);
const story = need("#call-details", HTMLElement);
const news = need(".news", HTMLElement, page);

// The sentence that is being heard.
document.addEventListener("player:place", ({ detail: { box, place } }) => {
  if (!("main" in box.dataset)) return;
  let current = null;
  for (const line of queryAll(".story > li", HTMLElement, story)) {
    line.removeAttribute("aria-current");
    const begin = query("[data-seek]", HTMLElement, line)?.dataset.seek;
    if ("begun" in box.dataset && begin && Number(begin) <= place + HEARD_EARLY) current = line;
  }
  current?.setAttribute("aria-current", "true");
});

/** Whether somebody is hearing, writing or reading something that must not be moved away. */
const busy = () => story.querySelector(".playing, details[open], textarea") !== null || hasFocus(story);

function drawAgain() {
  news.hidden = true;
  refresh(story, "call:again");
}

onLive(["call.updated", "call.ended", "call.offered", "again"], (subject) => {
  if (subject && subject !== page.dataset.call) return;
  if (busy()) news.hidden = false;
  else drawAgain();
});
news.addEventListener("click", drawAgain);

// The carrier's own words are fetched when they are first asked for; `toggle` does not bubble.
story.addEventListener(
  "toggle",
  (event) => {
    const details = targetOf(event, "details.raw", HTMLDetailsElement);
    if (details?.open) refresh(query("[data-hx-get]", HTMLElement, details), "carrier:open");
  },
  true,
);

// One sheet of actions at a time, and none when something else is pressed.
const openActions = () => queryAll("details.action[open]", HTMLDetailsElement);
document.addEventListener("click", ({ target }) => {
  for (const action of openActions()) if (target instanceof Node && !action.contains(target)) action.open = false;
});
onKeys("page", {
  close() {
    for (const action of openActions()) {
      action.open = false;
      need("summary", HTMLElement, action).focus();
    }
    return false; // whatever else Escape closes, the browser goes on to close
  },
});
