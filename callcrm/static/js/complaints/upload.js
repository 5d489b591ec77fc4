// Files for a complaint: each is sent as it is chosen, and joins the list when it is stored.

import { delegate, need } from "../shared/dom.js";
import { followToLogin, sendFile } from "../shared/http.js";
import { parse } from "../shared/patch.js";

/**
 * @param {HTMLElement} box
 * @param {File} file
 */
async function upload(box, file) {
  const state = need("[data-upload-state]", HTMLElement, box);
  state.textContent = box.dataset.sending ?? "";
  try {
    const response = await sendFile(box.dataset.upload ?? "", file);
    followToLogin(response);
    const text = await response.text();
    if (response.ok)
      document.getElementById(box.dataset.list ?? "")?.append(...document.adoptNode(parse(text).body).childNodes);
    state.textContent = (response.ok ? box.dataset.sent : box.dataset.failed) ?? "";
  } catch {
    state.textContent = box.dataset.failed ?? "";
  }
}

delegate("change", "[data-upload] input[type=file]", HTMLInputElement, async (input) => {
  const box = input.closest("[data-upload]");
  if (!(box instanceof HTMLElement)) return;
  for (const file of [...(input.files ?? [])]) await upload(box, file);
  input.value = "";
});
