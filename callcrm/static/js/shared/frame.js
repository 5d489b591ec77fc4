// The frame of every page: the token on what htmx sends, keys that lead elsewhere, numbers that are copied.

import { go } from "./addresses.js";
import { query } from "./dom.js";
import { signHtmxRequests } from "./http.js";
import { onKeys } from "./keys.js";
import "./focus.js";
import "./toasts.js";
import "../contacts/contact-form.js";

signHtmxRequests();

// A list that opens over the page closes again: by Escape, and when one looks elsewhere.
const closing = "details[data-closes][open]";

onKeys("page", {
  find: () => query("#search", HTMLInputElement)?.focus(),
  goToDesk: () => go("/desk"),
  goToCustomers: () => go("/customers"),
  goToCalls: () => go("/calls"),
  goToPromises: () => go("/promises"),
  close: () => {
    const list = document.querySelector(closing);
    list?.removeAttribute("open");
    list?.querySelector("summary")?.focus();
    return list !== null;
  },
});

document.addEventListener("click", (event) => {
  for (const list of document.querySelectorAll(closing)) {
    if (event.target instanceof Node && !list.contains(event.target)) list.removeAttribute("open");
  }
});

// A number or address that is copied is copied as one that can be rung, however it is spelt on the page.
document.addEventListener("copy", (event) => {
  const selection = document.getSelection();
  if (!selection?.rangeCount || !event.clipboardData) return;
  const start = selection.getRangeAt(0).startContainer;
  const number = (start instanceof Element ? start : start.parentElement)?.closest("[data-e164], [data-address]");
  if (!(number instanceof HTMLElement) || number.textContent.trim() !== selection.toString().trim()) return;
  event.clipboardData.setData("text/plain", number.dataset.e164 ?? number.dataset.address ?? "");
  event.preventDefault();
});
