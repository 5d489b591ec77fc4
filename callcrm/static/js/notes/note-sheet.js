// A sheet of the pad: the lines of one call, the one being written, how the call ended and what was promised.

import { send } from "../shared/frame.js";
import { Writer } from "./editor.js";

const AGAIN = 5000;

/** The answer; nothing if none came. */
const post = (path, fields) => send(path, { fields }).catch(() => null);

export class Sheet {
  constructor(element, texts, { onchange, onfinish }) {
    Object.assign(this, { element, texts, key: element.dataset.key, onfinish });
    this.behind = new Date(texts.now) - Date.now(); // what the server's clock is ahead of ours
    this.writer = new Writer(element, texts, {
      onchange: () => {
        this.#next().disabled = this.writer.blank;
        onchange();
      },
    });
    this.#next().disabled = this.writer.blank;
    this.#next().addEventListener("click", () => this.#line());
    this.field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      this.#line();
    });
    this.#part("[data-finish]").addEventListener("click", () => {
      this.#line();
      onfinish();
    });
    this.#ending();
    this.#promising();
  }

  get field() {
    return this.writer.field;
  }

  /** Whether something is written here that is not finished. */
  get open() {
    return !this.writer.blank;
  }

  get title() {
    return this.#part("h2").textContent.trim();
  }

  /** Nothing is left to do here. */
  get spent() {
    return this.writer.blank && this.writer.idle && this.writer.savers.size === 0 && !this.busy;
  }

  get busy() {
    return this.element.contains(document.activeElement) && !this.element.hidden;
  }

  /** Whether a text a closed page left belongs in this field. */
  awaits({ about, id, finishing }) {
    const { writer } = this;
    return !finishing && writer.idle && (writer.saver.id === id || (writer.about === about && writer.blank));
  }

  #part(selector) {
    return this.element.querySelector(selector);
  }

  #next() {
    return this.#part("[data-next]");
  }

  /** The line is written; the next one begins with its own second. */
  #line() {
    if (this.writer.blank) return this.field.focus();
    const text = this.field.value;
    const { begun } = this.writer.saver;
    const saver = this.writer.end();
    const item = document.createElement("li");
    item.dataset.note = saver.id;
    item.append(document.createElement("time"), document.createElement("span"));
    item.lastChild.className = "text";
    item.lastChild.dir = "auto";
    item.lastChild.textContent = text;
    item.firstChild.textContent = this.#offset(begun);
    saver.onend = () => {
      item.dataset.note = saver.id;
      if (saver.offset) item.firstChild.textContent = saver.offset;
    };
    this.#part(".marks").append(item);
    this.field.focus();
  }

  #offset(begun) {
    const since = this.element.dataset.since;
    if (!since || begun === null) return "";
    const seconds = Math.max(0, Math.floor((begun + this.behind - Date.parse(since)) / 1000));
    const said = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    const digits = new Intl.NumberFormat(document.documentElement.lang, { useGrouping: false });
    return said.replace(/\d/g, (one) => digits.format(Number(one)));
  }

  // --- what the server knows ---

  /** What the server knew when it was asked at this moment, by our clock. */
  refresh(fresh, asked) {
    if (fresh.dataset.since) this.element.dataset.since = fresh.dataset.since;
    this.#note(fresh, asked);
    for (const mine of this.element.querySelectorAll("[data-fresh]")) {
      const its = fresh.querySelector(`[data-fresh="${mine.dataset.fresh}"]`);
      if (mine.contains(document.activeElement)) continue;
      const pending = [...mine.children].filter((one) => this.#pending(one, its));
      mine.replaceChildren(...document.adoptNode(its).childNodes, ...pending);
    }
    this.#part("[data-finish]").className = fresh.querySelector("[data-finish]").className;
    const [mine, its] = [this.#part("select[data-call]"), fresh.querySelector("select[data-call]")];
    if (mine && mine !== document.activeElement && mine.dataset.unsaved === undefined) mine.value = its.value;
  }

  /** A line of this page that the server does not tell of yet. */
  #pending(line, its) {
    const { note } = line.dataset;
    const waits = [...this.writer.savers].some((saver) => saver.id === note);
    return waits && !its.querySelector(`[data-note="${CSS.escape(note)}"]`);
  }

  /** The note as another page of the same person has it, unless somebody is at it here. */
  #note(fresh, asked) {
    const { writer } = this;
    const its = fresh.querySelector("textarea");
    const { note: id, at } = its.dataset;
    const version = Number(its.dataset.version);
    const ending = [...writer.savers].some((saver) => saver.id === id);
    const known = writer.saver.version > 0 && writer.saver.id === id;
    if (!writer.idle || ending || writer.saver.savedAt >= asked) return;
    if (id && (!known || version > writer.saver.version)) writer.load({ id, version, text: its.value, at });
    else if (!id && writer.saver.version > 0) writer.load({ text: "" });
  }

  // --- how it ended ---

  #ending() {
    const select = this.#part("select[data-call]");
    select?.addEventListener("change", () => this.#dispose(select));
  }

  async #dispose(select) {
    select.dataset.unsaved = "";
    clearTimeout(this.again);
    const done = await post(`/calls/${select.dataset.call}/disposition`, { disposition: select.value });
    if (done?.ok) delete select.dataset.unsaved;
    else this.again = setTimeout(() => this.#dispose(select), AGAIN);
    select.closest(".field").querySelector("[data-fault]").hidden = Boolean(done?.ok);
  }

  // --- what was promised ---

  #promising() {
    const [open, form] = [this.#part("[data-promise]"), this.#part("form.promise")];
    if (!form) return;
    const toggle = (shown) => {
      form.hidden = !shown;
      open.setAttribute("aria-expanded", String(shown));
      (shown ? form.elements.what : open).focus();
    };
    open.addEventListener("click", () => toggle(form.hidden));
    form.querySelector("[data-never]").addEventListener("click", () => toggle(false));
    form.addEventListener("keydown", (event) => event.key === "Escape" && toggle(false));
    form.elements.due.addEventListener("change", () => {
      form.querySelector("[data-day]").hidden = form.elements.due.value !== "day";
    });
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (await this.#promise(form)) toggle(false);
    });
  }

  async #promise(form) {
    const answer = await post(form.getAttribute("action"), new FormData(form));
    const fault = form.querySelector("[data-fault]");
    fault.hidden = Boolean(answer?.ok);
    if (!answer?.ok) {
      const said = await answer?.json().catch(() => ({}));
      fault.querySelector("span").textContent = said?.said ?? fault.dataset.away;
      return false;
    }
    const made = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("li");
    this.#part(".promises").append(document.adoptNode(made));
    form.reset();
    form.querySelector("[data-day]").hidden = true;
    return true;
  }
}
