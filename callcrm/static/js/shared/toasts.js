// Toasts: what the server puts at the foot of the page goes again by itself.

import { query } from "./dom.js";
import { TOAST_RETRY, TOAST_SHOWN } from "./durations.js";

/**
 * Takes a toast away, but not from under a pointer or a finger about to press Undo.
 * @param {Element} toast
 */
function remove(toast) {
  if (toast.matches(":hover, :focus-within")) setTimeout(remove, TOAST_RETRY, toast);
  else toast.remove();
}

const toasts = query("#toasts", HTMLElement);
if (toasts) {
  new MutationObserver((changes) => {
    for (const node of changes.flatMap(({ addedNodes }) => [...addedNodes])) {
      if (node instanceof Element) setTimeout(remove, TOAST_SHOWN, node);
    }
  }).observe(toasts, { childList: true });
}
