// Where the focus goes when what had it is gone, or when a page says what became of a form: whoever has the page read
// aloud would otherwise be at its top, and hear nothing of it.

import { query, queryAll } from "./dom.js";
import { afterPatch, beforePatch } from "./patch.js";

// What says how a form fared, and the place it is kept in. The desk is none of these: there no key may get another
// meaning by itself.
const WRONG = '[aria-invalid="true"]';
const TOLD = ".fault[role=alert], [data-landing]";
const KEPT = "[data-focus-kept][id]";
const CONTROLS = "input:not([type=hidden]), select, textarea, button, a[href]";
const IN_FORMS = `form :is(${CONTROLS})`;

/**
 * Focuses an element that may be one nobody gets to by Tab.
 * @param {HTMLElement | undefined} element
 */
function focus(element) {
  if (element && element.tabIndex < 0) element.tabIndex = -1;
  element?.focus();
}

/**
 * The first of these that can be seen.
 * @param {string} selector
 * @param {ParentNode} root
 */
function first(selector, root) {
  return queryAll(selector, HTMLElement, root).find((element) => element.checkVisibility());
}

/** @param {ParentNode} root */
const answer = (root) => first(WRONG, root) ?? first(TOLD, root);

/** @type {{ element: Element, place: string } | null} */
let held = null;

beforePatch(() => {
  const element = document.activeElement;
  if (!element || element === document.body) return; // what had it may have gone with a part of the same answer
  const place = element.closest(KEPT)?.id;
  held = place ? { element, place } : null;
});

afterPatch(() => {
  const lost = held && !held.element.isConnected && document.activeElement === document.body;
  const place = lost && held && query(`#${CSS.escape(held.place)}`, HTMLElement);
  held = null;
  if (!place) return;
  focus(answer(place) ?? first(IN_FORMS, place) ?? first(CONTROLS, place));
});

// The page of a tab, and of a view, that is chosen is in sight where not all have room.
for (const current of queryAll("nav [aria-current]", HTMLElement)) {
  current.scrollIntoView({ block: "nearest", inline: "nearest" });
}

if (document.activeElement === document.body && !document.querySelector(":target")) focus(answer(document));
