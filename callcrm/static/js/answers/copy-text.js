// Buttons that copy the text of an element, and say so in a toast.

import { build, delegate, query } from "../shared/dom.js";

delegate("click", "button[data-copy-text]", HTMLButtonElement, async (button) => {
  const source = query(`#${CSS.escape(button.dataset.copyText ?? "")}`, HTMLElement);
  if (!source) return;
  try {
    await navigator.clipboard.writeText(source.textContent);
  } catch {
    document.getSelection()?.selectAllChildren(source); // not allowed: it stands selected
    return;
  }
  const text = build("span", { textContent: button.dataset.done ?? "" });
  query("#toasts", HTMLElement)?.replaceChildren(build("div", { className: "toast" }, text));
});
