// Lists by keyboard: J and K go to the next and the previous row, Enter opens it, X selects it.

import { writing } from "./frame.js";
import { shortcut } from "./shortcut.js";

const rows = () => [...document.querySelectorAll("[data-row]")].filter((row) => row.checkVisibility());

/** The row after or before the one that has the focus, or that the focus is in; else the first or last. */
function step(by) {
  const all = rows();
  const at = all.findIndex((row) => row === document.activeElement || holder(row).contains(document.activeElement));
  const next = at < 0 ? all.at(by > 0 ? 0 : -1) : all[at + by];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

const holder = (row) => row.closest("li, tr") ?? row;

function select() {
  const row = rows().find((one) => holder(one).contains(document.activeElement));
  row && holder(row).querySelector("input[type=checkbox]")?.click();
}

const KEYS = { j: () => step(1), k: () => step(-1), x: select };

document.addEventListener("keydown", (event) => {
  const plain = !event.ctrlKey && !event.metaKey && !event.altKey && !event.shiftKey;
  if (document.body.dataset.shortcuts !== "on" || !plain || event.defaultPrevented || writing(event.target)) return;
  const act = KEYS[shortcut(event)];
  if (!act) return;
  event.preventDefault();
  act();
});
