// A customer's page: N and "Write a note" open the field and lead to it.

import { writing } from "./frame.js";
import { shortcut } from "./shortcut.js";

function write(event) {
  const card = document.getElementById("writing");
  if (!card) return;
  event.preventDefault();
  card.classList.add("open");
  card.querySelector("textarea")?.focus();
}

document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-write]")) write(event);
});

document.addEventListener("keydown", (event) => {
  const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
  if (document.body.dataset.shortcuts !== "on" || !plain || writing(event.target)) return;
  if (shortcut(event) === "n") write(event);
});
