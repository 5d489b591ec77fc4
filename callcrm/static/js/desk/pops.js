// Receipts: the server is told when an offered call stands on the page, and when somebody can see it.

import { onLive } from "../live/events.js";
import { queryAll } from "../shared/dom.js";
import { send } from "../shared/http.js";

/** @type {Set<string>} */
const sent = new Set();

/**
 * @param {string} call
 * @param {"delivered" | "seen"} what
 */
function acknowledge(call, what) {
  const receipt = `${call} ${what}`;
  if (sent.has(receipt)) return;
  sent.add(receipt);
  send(`/desk/pops/${encodeURIComponent(call)}/${what}`, { keepalive: true }).then(
    (response) => response.status >= 500 && sent.delete(receipt),
    () => sent.delete(receipt),
  );
}

function look() {
  const offered = new Set(queryAll("[data-pop]", HTMLElement).flatMap(({ dataset }) => dataset.pop || []));
  for (const call of offered) {
    acknowledge(call, "delivered");
    if (document.visibilityState === "visible") acknowledge(call, "seen");
  }
  // A call that comes a second time is a second pop.
  for (const receipt of sent) if (!offered.has(receipt.split(" ", 1)[0] ?? "")) sent.delete(receipt);
}

new MutationObserver(look).observe(document.body, {
  childList: true,
  subtree: true,
  attributes: true,
  attributeFilter: ["data-pop"],
});
document.addEventListener("visibilitychange", look);
onLive(["again"], look);
look();
