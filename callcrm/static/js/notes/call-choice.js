// What is chosen of a call beside its note: how it ended, what it was about. It is sent until the server has it.

import { hasFocus, need, query } from "../shared/dom.js";
import { DISPOSITION_RETRY } from "../shared/durations.js";
import { followToLogin, send } from "../shared/http.js";

const CONFLICT = 409;

export class CallChoice {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #retry;

  /** @param {HTMLSelectElement} select with the call and the field of it that is decided */
  constructor(select) {
    this.select = select;
    this.name = select.dataset.decides ?? "";
    select.addEventListener("change", () => this.#send());
  }

  get #field() {
    const field = this.select.closest(".field");
    if (!(field instanceof HTMLElement)) throw new Error(`The choice of ${this.name} has no field`);
    return field;
  }

  /**
   * Takes over what the server has, unless somebody is at it here.
   * @param {HTMLElement} fresh
   */
  refresh(fresh) {
    const { select } = this;
    const source = query(`select[data-decides="${this.name}"]`, HTMLSelectElement, fresh);
    if (!source || hasFocus(select) || select.dataset.unsaved !== undefined) return;
    select.value = source.value;
    select.dataset.base = source.dataset.base;
  }

  async #send() {
    const { name, select } = this;
    select.dataset.unsaved = "";
    clearTimeout(this.#retry);
    const path = `/calls/${select.dataset.call}/${name}`;
    const { value } = select;
    const fields = { [name]: value, version: "seen", base: select.dataset.base ?? "" };
    const response = await send(path, { fields }).catch(() => null);
    followToLogin(response);
    const both = response?.status === CONFLICT ? await response.json().catch(() => null) : null;
    const over = Boolean(response?.ok || both);
    if (over) delete select.dataset.unsaved;
    else this.#retry = setTimeout(() => this.#send(), DISPOSITION_RETRY);
    if (response?.ok) select.dataset.base = JSON.stringify({ [name]: value });
    if (both) this.#showBoth(both);
    need("[data-fault]", HTMLElement, this.#field).hidden = over;
    need("[data-both]", HTMLElement, this.#field).hidden = !both;
  }

  /**
   * Somebody else chose meanwhile: what they chose is shown, and the agent is told of it.
   * @param {{ message: string, stored: string, base: string }} both
   */
  #showBoth({ message, stored, base }) {
    this.select.value = stored;
    this.select.dataset.base = base;
    need("[data-both] span", HTMLElement, this.#field).textContent = message;
  }
}
