// A customer's page: N and "Write a note" open the field, which saves as one types; Done puts it into the history.

import { writing } from "./frame.js";
import { Writer } from "./writer.js";

const card = document.getElementById("writing");
const box = document.getElementById("new-note");
const writer = new Writer(box, box.dataset);

function write(event) {
  event.preventDefault();
  card.classList.add("open");
  writer.field.focus();
}

function finish() {
  if (writer.blank) return card.classList.remove("open");
  const saver = writer.end();
  saver.onend = () => {
    if (saver.state === "done") location.reload();
  };
}

document.addEventListener("click", ({ target }) => {
  if (target.closest?.("[data-finish]")) finish();
});
document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-write]")) write(event);
});

document.addEventListener("keydown", (event) => {
  const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
  if (document.body.dataset.shortcuts !== "on" || !plain || writing(event.target)) return;
  if (event.key.toLowerCase() === "n") write(event);
});
