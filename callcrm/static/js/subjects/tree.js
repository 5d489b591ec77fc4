// The tree of subjects by keyboard: Enter makes a row below, Backspace removes an empty one, Alt with an arrow moves it.

import { delegate, need, query, queryAll } from "../shared/dom.js";
import { onKeys } from "../shared/keys.js";

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
 * Does this to the row in whose name somebody types; false where that is not so.
 * @param {(row: HTMLElement) => unknown} act
 */
const inRow = (act) => (/** @type {string} */ _press, /** @type {Element} */ target) => {
  const row = target.closest("li");
  return row && target === nameOf(row) ? act(row) : false;
};

/** @param {number} by */
const deepen = (by) => (/** @type {HTMLElement} */ row) => setLevel(row, Number(levelOf(row).value) + by);
const forward = document.dir === "rtl" ? -1 : 1;

onKeys(
  "tree",
  {
    addBelow: inRow(addBelow),
    remove: inRow((row) => nameOf(row).value === "" && tree.childElementCount > 1 && remove(row)),
    moveUp: inRow((row) => {
      row.previousElementSibling?.before(row);
      nameOf(row).focus();
    }),
    moveDown: inRow((row) => {
      row.nextElementSibling?.after(row);
      nameOf(row).focus();
    }),
    moveLeft: inRow(deepen(-forward)),
    moveRight: inRow(deepen(forward)),
  },
  tree,
);
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
