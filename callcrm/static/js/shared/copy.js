// Buttons that copy what stands in a field; where the browser allows no copying, the field is selected.

import { delegate, need, query } from "./dom.js";
import { COPIED_SHOWN } from "./durations.js";

delegate("click", "button[data-copy]", HTMLButtonElement, async (button) => {
  const field = query(`#${CSS.escape(button.dataset.copy ?? "")}`, HTMLInputElement);
  if (!field) return;
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    return; // not allowed: it stands selected
  }
  const word = need("span", HTMLElement, button);
  const aloud = button.parentElement && query("[role=status]", HTMLElement, button.parentElement);
  const before = word.textContent;
  word.textContent = button.dataset.done ?? before;
  if (aloud) aloud.textContent = word.textContent;
  setTimeout(() => {
    word.textContent = before;
    if (aloud) aloud.textContent = "";
  }, COPIED_SHOWN);
});
