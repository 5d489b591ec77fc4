// A password may be looked at: buttons that show and hide it. Without scripts there are none.

import { need, query, queryAll } from "./dom.js";

for (const button of queryAll("button[data-reveal]", HTMLButtonElement)) {
  const field = query(`#${CSS.escape(button.dataset.reveal ?? "")}`, HTMLInputElement);
  if (field) enhance(button, field);
}

/**
 * @param {HTMLButtonElement} button
 * @param {HTMLInputElement} field
 */
function enhance(button, field) {
  const word = need("span", HTMLElement, button);
  button.hidden = false;
  button.addEventListener("click", () => {
    const shown = field.type === "password";
    field.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", String(shown));
    word.textContent = (shown ? button.dataset.hide : button.dataset.show) ?? "";
  });
  field.form?.addEventListener("submit", () => {
    field.type = "password"; // browsers offer to keep what is a password, and no other text
  });
}
