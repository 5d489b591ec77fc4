// The form in a note sheet in which a promise to the caller is written down.

import { pathOf } from "../shared/addresses.js";
import { need } from "../shared/dom.js";
import { fieldsOf, followToLogin, send } from "../shared/http.js";
import { onKeys } from "../shared/keys.js";
import { parse } from "../shared/patch.js";

/**
 * Opens and closes the form by its button; what has been promised goes to the list.
 * @param {HTMLFormElement} form
 * @param {HTMLElement} button
 * @param {HTMLElement} list
 */
export function promiseForm(form, button, list) {
  const what = need("[name=what]", HTMLInputElement, form);
  const due = need("[name=due]", HTMLSelectElement, form);
  const day = need("[data-day]", HTMLElement, form);

  /** @param {boolean} open */
  const toggle = (open) => {
    form.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
    (open ? what : button).focus();
  };
  button.addEventListener("click", () => toggle(Boolean(form.hidden)));
  need("[data-never]", HTMLElement, form).addEventListener("click", () => toggle(false));
  onKeys("form", { close: () => toggle(false) }, form);
  due.addEventListener("change", () => {
    day.hidden = due.value !== "day";
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const item = await submit(form);
    if (!item) return;
    list.append(item);
    form.reset();
    day.hidden = true;
    toggle(false);
  });
}

/**
 * The list item of the promise; null, with the reason in the form, where it could not be made.
 * @param {HTMLFormElement} form
 */
async function submit(form) {
  const fault = need("[data-fault]", HTMLElement, form);
  const response = await send(pathOf(form.getAttribute("action") ?? ""), { fields: fieldsOf(form) }).catch(() => null);
  followToLogin(response);
  fault.hidden = Boolean(response?.ok);
  if (response?.ok) return document.adoptNode(need("li", HTMLElement, parse(await response.text())));
  const answer = await response?.json().catch(() => null);
  need("span", HTMLElement, fault).textContent = answer?.message ?? fault.dataset.away ?? "";
  return null;
}
