// The page of one call: what is being heard is marked in words, and news of a call under way is shown.

const page = document.querySelector(".call-page");
const told = document.getElementById("told");
const news = page.querySelector(".news");

/** The sentence that is being heard. */
document.addEventListener("player:place", ({ detail: { box, place } }) => {
  if (!("main" in box.dataset)) return;
  let current = null;
  for (const line of told.querySelectorAll(".story > li")) {
    line.removeAttribute("aria-current");
    const at = line.querySelector("[data-seek]");
    if ("begun" in box.dataset && at && Number(at.dataset.seek) <= place + 0.05) current = line;
  }
  current?.setAttribute("aria-current", "true");
});

/** Whether somebody is hearing, writing or reading something that must not be moved away. */
function busy() {
  return told.querySelector(".playing, details[open], textarea") !== null || told.contains(document.activeElement);
}

function again() {
  news.hidden = true;
  told.dispatchEvent(new CustomEvent("call:again"));
}

for (const kind of ["live:call.updated", "live:call.ended", "live:call.offered", "live:again"]) {
  document.addEventListener(kind, ({ detail }) => {
    if (detail?.subject && detail.subject !== page.dataset.call) return;
    if (busy()) news.hidden = false;
    else again();
  });
}
news.addEventListener("click", again);

// The carrier's own words are fetched when they are first asked for; `toggle` does not bubble.
told.addEventListener("toggle", ({ target }) => {
  if (target.matches("details.raw") && target.open) target.querySelector("[data-hx-get]")?.dispatchEvent(new CustomEvent("carrier:open"));
}, true);

// One sheet at a time, and none when something else is pressed.
document.addEventListener("click", ({ target }) => {
  for (const open of document.querySelectorAll(".action[open]")) if (!open.contains(target)) open.open = false;
});
document.addEventListener("keydown", ({ key }) => {
  if (key !== "Escape") return;
  for (const open of document.querySelectorAll(".action[open]")) {
    open.open = false;
    open.querySelector("summary").focus();
  }
});
