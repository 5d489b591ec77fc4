// A customer's page: N and "Write a note" open the field, which saves as one types; Done puts it into the history.
// The newest entries come anew when a call is, unless somebody is busy among them.

import { writing } from "../shared/frame.js";
import { shortcut } from "../shared/shortcut.js";
import { Writer } from "../notes/editor.js";

const SOON = 1500;
const card = document.getElementById("writing");
const box = document.getElementById("new-note");
const newest = document.getElementById("newest");
const writer = new Writer(box, box.dataset);
let coming = 0;

function write(event) {
  event.preventDefault();
  card.classList.add("open");
  writer.field.focus();
}

function finish() {
  if (writer.blank) return card.classList.remove("open");
  const saver = writer.end();
  saver.onend = () => {
    if (saver.state !== "done") return;
    card.classList.remove("open");
    refresh();
  };
}

/** Whether something here would be lost or cut off: a field, a player, the focus. */
const busy = () => newest.matches(":focus-within") || newest.querySelector(".playing, .note.open") !== null;

function refresh() {
  if (busy()) return soon();
  htmx.ajax("GET", newest.dataset.from, { target: newest, swap: "innerHTML" });
}

function soon() {
  clearTimeout(coming);
  coming = setTimeout(refresh, SOON);
}

if (newest) {
  for (const kind of ["call.updated", "call.ended", "again"]) document.addEventListener(`live:${kind}`, soon);
}

document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-finish]")) finish();
  if (event.target.closest?.("[data-write]")) write(event);
});

document.addEventListener("keydown", (event) => {
  const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
  if (document.body.dataset.shortcuts !== "on" || !plain || writing(event.target)) return;
  if (shortcut(event) === "n") write(event);
});
