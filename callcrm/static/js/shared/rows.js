// Lists by keyboard: J and K go to the next and the previous row, Enter opens it, X selects it.

import { hasFocus, query, queryAll } from "./dom.js";
import { onKeys } from "./keys.js";

const rows = () => queryAll("[data-row]", HTMLElement).filter((row) => row.checkVisibility());

/**
 * The list item or table row a row's link stands in.
 * @param {Element} row
 */
const itemOf = (row) => row.closest("li, tr") ?? row;

/**
 * Focuses the row after or before the one that has the focus, or that the focus is in; else the first or last.
 * @param {1 | -1} step
 */
function move(step) {
  const all = rows();
  const current = all.findIndex((row) => hasFocus(itemOf(row)));
  const next = current < 0 ? all.at(step > 0 ? 0 : -1) : all[current + step];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

function select() {
  const row = rows().find((candidate) => hasFocus(itemOf(candidate)));
  if (row) query("input[type=checkbox]", HTMLInputElement, itemOf(row))?.click();
}

onKeys("page", { nextRow: () => move(1), previousRow: () => move(-1), selectRow: select });
