// Answers beside the call follow what is written in its note. One question at a time is on its way: a newer one takes
// the place of an older. Nobody who reads an answer, or points at the list, has it changed under their hands.

import { query, targetOf } from "../shared/dom.js";
import { SUGGEST_PAUSE } from "../shared/durations.js";
import { send } from "../shared/http.js";
import { enliven, parse, replaceContents } from "../shared/patch.js";
import "./copy-text.js";

/** @type {ReturnType<typeof setTimeout> | undefined} */
let pause;
/** @type {AbortController | undefined} */
let asking;

/**
 * Whether somebody is at the list: an answer is open, or it has the focus or the pointer.
 * @param {HTMLElement} list
 */
const busy = (list) => list.matches(":hover, :focus-within, :has(details[open])");

/**
 * @param {string} call
 * @param {string} words
 */
async function suggest(call, words) {
  const list = query(`[data-answers="${CSS.escape(call)}"] [data-suggestions]`, HTMLElement);
  if (!list || busy(list)) return;
  asking?.abort();
  asking = new AbortController();
  const { signal } = asking;
  try {
    const response = await send(`/desk/answers/${call}`, { fields: { words }, signal });
    if (!response.ok) return;
    const { body } = parse(await response.text());
    if (signal.aborted || busy(list)) return;
    replaceContents(list, body);
    enliven(list);
  } catch {
    // no answer, or a newer question: what is suggested stays
  }
}

document.addEventListener("input", (event) => {
  const field = targetOf(event, "#notes-panel .sheet textarea", HTMLTextAreaElement);
  const key = field?.closest(".sheet")?.getAttribute("data-key") ?? "";
  if (!field || !key.startsWith("call-")) return;
  clearTimeout(pause);
  pause = setTimeout(() => suggest(key.slice("call-".length), field.value), SUGGEST_PAUSE);
});
