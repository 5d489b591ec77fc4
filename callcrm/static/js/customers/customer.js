// A customer's page: N and "Write a note" open the field, which saves as one types; Done puts it into the history.
// The newest entries come anew when a call is, unless somebody is busy among them.

import { onLive } from "../live/events.js";
import { NoteEditor } from "../notes/editor.js";
import { delegate, hasFocus, need, query } from "../shared/dom.js";
import { HISTORY_GATHER } from "../shared/durations.js";
import { onKeys } from "../shared/keys.js";
import { afterDeed, load } from "../shared/patch.js";

const card = need("#writing", HTMLElement);
const box = need("#new-note", HTMLElement);
const newest = query("#newest", HTMLElement);
const editor = new NoteEditor(box, box.dataset);
/** @type {ReturnType<typeof setTimeout> | undefined} */
let gathering;

function write() {
  card.classList.add("open");
  editor.field.focus();
}

function finish() {
  if (editor.blank) return card.classList.remove("open");
  const saver = editor.end();
  saver.onend = () => {
    if (saver.state !== "done") return;
    card.classList.remove("open");
    refresh();
  };
}

/**
 * Whether something here would be lost or cut off: a field, a player, the focus.
 * @param {HTMLElement} history
 */
const busy = (history) => hasFocus(history) || history.querySelector(".playing, .note.open") !== null;

function refresh() {
  if (!newest) return; // an older page of the history: what is new is not on it
  if (busy(newest)) gather();
  else load(newest.dataset.from ?? "", newest, { into: true });
}

function gather() {
  clearTimeout(gathering);
  gathering = setTimeout(refresh, HISTORY_GATHER);
}

afterDeed(refresh); // a contact, a purchase, a reward: whatever is written on this page is in its history at once
if (newest) onLive(["call.updated", "call.ended", "again"], gather);

delegate("click", "[data-finish]", HTMLElement, finish);
delegate("click", "[data-write]", HTMLElement, (_link, event) => {
  event.preventDefault();
  write();
});
onKeys("page", { writeNote: write });
