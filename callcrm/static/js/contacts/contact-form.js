// Contacts by keyboard, on every page: C opens the form where the page has a place for it, a letter says what it was,
// Enter writes it down.

import { go } from "../shared/addresses.js";
import { delegate, query, queryAll } from "../shared/dom.js";
import { onKeys } from "../shared/keys.js";

const FORM = "form[data-contact]";

/** Opens the form in its place on this page; elsewhere on a page of its own, but never from under a call. */
function open() {
  const form = query(FORM, HTMLFormElement);
  if (form) {
    query("input[name=kind]:checked", HTMLInputElement, form)?.focus();
    return true;
  }
  const link = queryAll('a[data-hx-get*="/contacts/new?"]', HTMLAnchorElement).find((one) => one.checkVisibility());
  if (link) link.click();
  else if (document.body.classList.contains("desk-page")) return false;
  else if (query('nav a[href$="/contacts"]', HTMLAnchorElement)) go("/contacts/new");
  else return false;
  return true;
}

/**
 * @param {string} press
 * @param {Element} target
 */
function choose(press, target) {
  const form = target.closest(FORM);
  if (!form || target.matches("textarea, input:not([type=radio]), select")) return false;
  const kind = query(`input[data-key="${press}"]`, HTMLInputElement, form);
  if (!kind) return false;
  kind.checked = true;
  kind.focus();
  return true;
}

/**
 * @param {string} _press
 * @param {Element} target
 */
function send(_press, target) {
  if (!target.matches(`${FORM} input[type=radio]`) || !(target instanceof HTMLInputElement)) return false;
  target.form?.requestSubmit();
  return true;
}

onKeys("page", { logContact: open });
onKeys("contact", { chooseKind: choose, send });
delegate("click", "[data-contact-close]", HTMLButtonElement, (button) => button.closest(FORM)?.remove());
