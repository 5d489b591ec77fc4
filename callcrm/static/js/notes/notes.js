// Fields that save as one types, wherever a page has one: each element with `data-writer`.

import { delegate, query, queryAll } from "../shared/dom.js";
import { load } from "../shared/patch.js";
import { NoteEditor } from "./editor.js";
import { deliver } from "./saver.js";
import { recover } from "./unsaved.js";

/** @type {Map<HTMLElement, NoteEditor>} */
const editors = new Map();

/** Each field gets an editor as it comes onto the page, and what it holds is saved as it goes. */
function enhance() {
  for (const [box, editor] of editors) {
    if (box.isConnected) continue;
    editor.saver.flush().then(() => editor.saver.close());
    editors.delete(box);
  }
  for (const box of queryAll("[data-writer]", HTMLElement)) {
    if (!editors.has(box)) editors.set(box, new NoteEditor(box, box.dataset));
  }
}

delegate("click", "[data-done]", HTMLElement, async (button) => {
  const note = button.closest(".note");
  const box = note && query("[data-writer]", HTMLElement, note);
  const editor = box && editors.get(box);
  if (!note || !editor || !(await editor.saver.flush())) return;
  load(button.dataset.done ?? "", note, { method: "POST" });
});

/**
 * What a closed page left of a note: into its field if that is here, else to the server at once.
 * @param {import("./unsaved.js").Entry} entry
 */
async function takeUp(entry) {
  const editor = [...editors.values()].find(({ saver, idle }) => saver.id === entry.id && idle);
  if (editor) await editor.recover(entry);
  else await deliver(entry);
}

enhance();
new MutationObserver(enhance).observe(document.body, { childList: true, subtree: true });
const user = query("[data-user]", HTMLElement)?.dataset.user;
if (user) recover(user, takeUp);
