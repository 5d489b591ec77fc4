// Fields that save as one types, wherever a page has one: each element with `data-writer`.

import { deliver } from "./saver.js";
import { recover } from "./unsaved.js";
import { Writer } from "./editor.js";

const writers = new Map();

function enhance() {
  for (const [box, writer] of writers) {
    if (!box.isConnected) {
      writer.saver.flush().then(() => writer.saver.close());
      writers.delete(box);
    }
  }
  for (const box of document.querySelectorAll("[data-writer]")) {
    if (!writers.has(box)) writers.set(box, new Writer(box, box.dataset));
  }
}

document.addEventListener("click", async ({ target }) => {
  const button = target.closest("[data-done]");
  if (!button) return;
  const note = button.closest(".note");
  const writer = writers.get(note.querySelector("[data-writer]"));
  if (!(await writer.saver.flush())) return;
  htmx.ajax("POST", button.dataset.done, { target: note, swap: "outerHTML" });
});

/** What a closed page left of a note: into its field if that is here, else to the server at once. */
async function take(entry) {
  const writer = [...writers.values()].find((one) => one.saver.id === entry.id && one.idle);
  if (writer) await writer.recover(entry);
  else await deliver(entry);
}

enhance();
new MutationObserver(enhance).observe(document.body, { childList: true, subtree: true });
const user = document.querySelector("[data-user]")?.dataset.user;
if (user) recover(user, take);
