// A customer's page: N and "Write a note" lead to the field; what is copied of a number can be rung.

import { writing } from "./frame.js";

const field = () => document.querySelector("#writing textarea");

document.addEventListener("click", (event) => {
  if (!event.target.closest?.("[data-write]")) return;
  event.preventDefault();
  field()?.focus();
});

document.addEventListener("keydown", (event) => {
  const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
  if (document.body.dataset.shortcuts !== "on" || !plain || writing(event.target)) return;
  if (event.key.toLowerCase() !== "n") return;
  event.preventDefault();
  field()?.focus();
});
