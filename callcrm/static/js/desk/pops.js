// Receipts: the server is told when an offered call stands on the page, and when somebody can see it.

import { send } from "../shared/frame.js";

const told = new Set();

function tell(call, what) {
  const receipt = `${call} ${what}`;
  if (told.has(receipt)) return;
  told.add(receipt);
  send(`/desk/pops/${encodeURIComponent(call)}/${what}`, { keepalive: true }).then(
    (answer) => answer.status >= 500 && told.delete(receipt),
    () => told.delete(receipt),
  );
}

function look() {
  const offered = new Set([...document.querySelectorAll("[data-pop]")].map((one) => one.dataset.pop).filter(Boolean));
  for (const call of offered) {
    tell(call, "delivered");
    if (document.visibilityState === "visible") tell(call, "seen");
  }
  // A call that comes a second time is a second pop.
  for (const receipt of told) if (!offered.has(receipt.split(" ")[0])) told.delete(receipt);
}

new MutationObserver(look).observe(document.body, {
  childList: true,
  subtree: true,
  attributes: true,
  attributeFilter: ["data-pop"],
});
document.addEventListener("visibilitychange", look);
document.addEventListener("live:again", look);
look();
