// The pad: a sheet for each call that is written about. What is new comes in around whoever types: no field is ever
// replaced, and one that is put away keeps its caret and what can be undone.

import { deliver } from "./saver.js";
import { Sheet } from "./note-sheet.js";
import { recover } from "./unsaved.js";

const SETTLED = 1000; // ms without a key before the pad turns to another call
const SOON = 120; // ms to gather what happens at once

const pad = document.getElementById("pad");
const sheets = new Map();
let first = pad.dataset.first;
let shown = first;
let typedAt = 0;
let soon;

function take(element) {
  const sheet = new Sheet(element, pad.dataset, { onchange: others, onfinish: finished });
  sheets.set(sheet.key, sheet);
}

function show(key, focus) {
  const before = sheets.get(shown)?.field;
  const moved = focus || document.activeElement === before;
  for (const sheet of sheets.values()) sheet.element.hidden = sheet.key !== key;
  shown = key;
  if (moved) sheets.get(key)?.field.focus({ preventScroll: !focus });
  others();
}

/** What else is being written, one key away. */
function others() {
  const rest = [...sheets.values()].filter(({ key, open }) => key !== shown && (open || key === first));
  const box = pad.querySelector(".others");
  const [button, list] = [box.querySelector("[data-others]"), box.querySelector("ul")];
  const open = rest.filter((sheet) => sheet.open).length;
  box.hidden = rest.length === 0;
  button.querySelector("span").textContent = !open
    ? (rest[0]?.title ?? "")
    : open === 1
      ? pad.dataset.one
      : pad.dataset.many.replace("{n}", new Intl.NumberFormat(document.documentElement.lang).format(open));
  if (rest.length < 2) list.hidden = true;
  button.toggleAttribute("aria-expanded", false);
  if (rest.length > 1) button.setAttribute("aria-expanded", String(!list.hidden));
  list.replaceChildren(...rest.map(choice));
  pad.querySelector("[data-none]").hidden = sheets.size > 0;
}

function choice({ key, title }) {
  const item = document.createElement("li");
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "btn plain small", textContent: title });
  button.addEventListener("click", () => {
    pad.querySelector(".others ul").hidden = true;
    show(key, true);
  });
  item.append(button);
  return item;
}

function next() {
  const round = [...sheets.values()].filter(({ key, open }) => key === shown || open || key === first);
  const at = round.findIndex(({ key }) => key === shown);
  const to = round[(at + 1) % round.length];
  if (to) show(to.key, true);
}

function finished() {
  if (shown !== first && sheets.has(first)) show(first, true);
  others();
}

pad.querySelector("[data-others]").addEventListener("click", () => {
  const list = pad.querySelector(".others ul");
  if (list.children.length < 2) next();
  else {
    list.hidden = !list.hidden;
    others();
  }
});

pad.addEventListener("input", () => {
  typedAt = Date.now();
});

document.addEventListener("keydown", (event) => {
  const bare = !event.ctrlKey && !event.metaKey && !event.shiftKey;
  if (event.code !== "KeyN" || !bare || event.isComposing) return;
  const writing = event.target.closest?.("input, textarea, select, [contenteditable]");
  if (!event.altKey && (writing || document.body.dataset.shortcuts !== "on")) return;
  event.preventDefault();
  if (event.altKey) next();
  else sheets.get(shown)?.field.focus();
});

async function refresh() {
  let fresh;
  const asked = Date.now();
  try {
    const answer = await fetch("/desk/pad", { headers: { "HX-Request": "true" }, credentials: "same-origin" });
    if (!answer.ok) return;
    fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("pad");
  } catch {
    return;
  }
  const found = new Map([...fresh.querySelectorAll(".sheet")].map((sheet) => [sheet.dataset.key, sheet]));
  for (const [key, element] of found) {
    if (sheets.has(key)) sheets.get(key).refresh(element, asked);
    else add(element);
  }
  for (const [key, sheet] of sheets) {
    if (!found.has(key) && sheet.spent) {
      sheet.element.remove();
      sheets.delete(key);
    }
  }
  if (fresh.dataset.first !== first || !sheets.has(shown)) turn(fresh.dataset.first);
  else others();
}

function add(element) {
  element.hidden = true;
  pad.querySelector("[data-none]").before(document.adoptNode(element));
  take(element);
}

/** Another call is being spoken on: its sheet comes up between two words, not within one. */
function turn(to) {
  first = to;
  if (!sheets.has(to) || !sheets.get(to).element.hidden) return others();
  const quiet = Date.now() - typedAt;
  if (quiet < SETTLED && pad.contains(document.activeElement)) {
    setTimeout(() => first === to && turn(to), SETTLED - quiet);
    return others();
  }
  show(to, false);
}

for (const kind of ["call.offered", "call.updated", "call.ended", "agent.updated", "again"]) {
  document.addEventListener(`live:${kind}`, () => {
    clearTimeout(soon);
    soon = setTimeout(refresh, SOON);
  });
}

async function left(entry) {
  const sheet = [...sheets.values()].find((one) => one.awaits(entry));
  if (sheet) await sheet.writer.recover(entry);
  else {
    await deliver(entry);
    refresh();
  }
}

for (const element of pad.querySelectorAll(".sheet")) take(element);
others();
recover(pad.dataset.user, left);
refresh(); // the page before this one may have saved while this one was on its way
