// A form that comes up beside a call begins with the words of the note that are marked, else with its last line: what
// the browser has may be newer than what the server filled in.

import { query, queryAll } from "../shared/dom.js";
import { afterPatch } from "../shared/patch.js";

/** @param {HTMLTextAreaElement} field */
const marked = (field) => field.value.slice(field.selectionStart, field.selectionEnd).trim();

/** @param {HTMLTextAreaElement} field */
const lastLine = (field) => field.value.trim().split("\n").at(-1)?.trim() ?? "";

afterPatch(() => {
  for (const empty of queryAll("textarea[data-from-note]", HTMLTextAreaElement)) {
    delete empty.dataset.fromNote;
    const sheet = empty.closest(".sheet, .call-page");
    const note = sheet && query(".write textarea, [data-writer] textarea", HTMLTextAreaElement, sheet);
    const words = note && (marked(note) || lastLine(note));
    if (words) empty.value = words;
  }
});
