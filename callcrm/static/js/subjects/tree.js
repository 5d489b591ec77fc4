// The tree of subjects by keyboard: Enter makes a row below, Backspace removes an empty one, Alt with an arrow moves it.

import { delegate, need, query, queryAll } from "../shared/dom.js";

const tree = need("#tree", HTMLElement);
const DEEPEST = 4;

/** @param {Element} row */
const nameOf = (row) => need('input[name="name"]', HTMLInputElement, row);
/** @param {Element} row */
const levelOf = (row) => need("select", HTMLSelectElement, row);

/**
 * @param {HTMLElement} row
 * @param {number} level
 */
function setLevel(row, level) {
  const kept = String(Math.min(DEEPEST, Math.max(1, level)));
  levelOf(row).value = kept;
  row.dataset.level = kept;
}

/** @param {HTMLElement} row */
function addBelow(row) {
  const fresh = row.cloneNode(true);
  if (!(fresh instanceof HTMLElement)) return;
  nameOf(fresh).value = "";
  need('input[name="code"]', HTMLInputElement, fresh).value = "";
  setLevel(fresh, Number(levelOf(row).value));
  row.after(fresh);
  nameOf(fresh).focus();
}

/** @param {HTMLElement} row */
function remove(row) {
  const beside = row.previousElementSibling ?? row.nextElementSibling;
  if (!beside) {
    nameOf(row).value = "";
    return;
  }
  row.remove();
  nameOf(beside).focus();
}

/**
 * @param {HTMLElement} row
 * @param {KeyboardEvent} event
 */
function move(row, event) {
  const deeper = document.dir === "rtl" ? "ArrowLeft" : "ArrowRight";
  const level = Number(levelOf(row).value);
  if (event.key === "ArrowUp") row.previousElementSibling?.before(row);
  else if (event.key === "ArrowDown") row.nextElementSibling?.after(row);
  else setLevel(row, event.key === deeper ? level + 1 : level - 1);
  nameOf(row).focus();
}

delegate("keydown", "#tree input[name=name]", HTMLInputElement, (field, event) => {
  const row = field.closest("li");
  if (!row || event.isComposing) return;
  const empty = field.value === "";
  if (event.altKey && event.key.startsWith("Arrow")) move(row, event);
  else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) addBelow(row);
  else if (event.key === "Backspace" && empty && tree.childElementCount > 1) remove(row);
  else return;
  event.preventDefault();
});
delegate("change", "#tree select", HTMLSelectElement, (select) => {
  const row = select.closest("li");
  if (row) setLevel(row, Number(select.value));
});
delegate("click", "#tree [data-remove]", HTMLButtonElement, (button) => {
  const row = button.closest("li");
  if (row) remove(row);
});

// The empty rows are for browsers without scripts; here Enter makes one.
for (const row of queryAll("#tree > li", HTMLElement).slice(1)) {
  if (!nameOf(row).value && !query('input[name="code"][value]:not([value=""])', HTMLInputElement, row)) row.remove();
}
