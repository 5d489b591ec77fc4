// A note sheet of the notes panel: the lines of one call, the one being written, how the call ended, what was promised.

import { build, hasFocus, need, query, queryAll } from "../shared/dom.js";
import { duration } from "../shared/format.js";
import { onKeys } from "../shared/keys.js";
import { replaceContents } from "../shared/patch.js";
import { CallChoice } from "./call-choice.js";
import { NoteEditor } from "./editor.js";
import { promiseForm } from "./promise-form.js";

export class NoteSheet {
  /**
   * @param {HTMLElement} element
   * @param {DOMStringMap} texts of the panel
   * @param {{ onchange: () => void, onfinish: () => void }} tells
   */
  constructor(element, texts, { onchange, onfinish }) {
    this.element = element;
    this.key = element.dataset.key ?? "";
    this.clockAhead = Date.parse(texts.now ?? "") - Date.now(); // of the server's clock
    this.nextButton = need("[data-next]", HTMLButtonElement, element);
    this.finishButton = need("[data-finish]", HTMLElement, element);
    this.editor = new NoteEditor(element, texts, () => {
      this.nextButton.disabled = this.editor.blank;
      onchange();
    });
    this.nextButton.disabled = this.editor.blank;
    this.nextButton.addEventListener("click", () => this.#nextLine());
    onKeys("note", { nextLine: () => this.#nextLine() }, this.field);
    this.finishButton.addEventListener("click", () => {
      this.#nextLine();
      onfinish();
    });
    this.choices = queryAll("select[data-call]", HTMLSelectElement, element).map((select) => new CallChoice(select));
    const form = query("form.promise", HTMLFormElement, element);
    if (form) promiseForm(form, need("[data-promise]", HTMLElement, element), need(".promises", HTMLElement, element));
  }

  get field() {
    return this.editor.field;
  }

  /** Whether something is written here that is not finished. */
  get unfinished() {
    return !this.editor.blank;
  }

  get title() {
    return need("h2", HTMLElement, this.element).textContent.trim();
  }

  /** Whether nothing is left to do here. */
  get spent() {
    const { editor } = this;
    return editor.blank && editor.idle && editor.ending.size === 0 && !this.#busy;
  }

  get #busy() {
    return hasFocus(this.element) && !this.element.hidden;
  }

  /**
   * Whether a text a closed page left belongs in this field.
   * @param {import("./unsaved.js").Entry} entry
   */
  awaits({ about, id, finishing }) {
    const { editor } = this;
    return !finishing && editor.idle && (editor.saver.id === id || (editor.about === about && editor.blank));
  }

  /** The line is written; the next one begins with its own second. */
  #nextLine() {
    if (this.editor.blank) return this.field.focus();
    const text = build("span", { className: "text", dir: "auto", textContent: this.field.value });
    const offset = build("span", { className: "offset num", textContent: this.#offset(this.editor.saver.begun) });
    const line = build("li", {}, offset, text);
    const saver = this.editor.end();
    line.dataset.note = saver.id;
    saver.onend = () => {
      line.dataset.note = saver.id; // another, if it had to become a note of its own
      if (saver.offset) offset.textContent = saver.offset;
    };
    need(".note-lines", HTMLElement, this.element).append(line);
    this.field.focus();
  }

  /**
   * How long into the call something was begun, until the server says it.
   * @param {number | null} begun
   */
  #offset(begun) {
    const { since } = this.element.dataset;
    return since && begun !== null ? duration((begun + this.clockAhead - Date.parse(since)) / 1000) : "";
  }

  /**
   * Takes over what the server knew when it was asked at this moment, by our clock.
   * @param {HTMLElement} fresh
   * @param {number} askedAt
   */
  refresh(fresh, askedAt) {
    if (fresh.dataset.since) this.element.dataset.since = fresh.dataset.since;
    this.#refreshNote(fresh, askedAt);
    for (const part of queryAll("[data-fresh]", HTMLElement, this.element)) {
      const source = need(`[data-fresh="${part.dataset.fresh}"]`, HTMLElement, fresh);
      if (hasFocus(part)) continue;
      replaceContents(
        part,
        source,
        [...part.children].filter((line) => this.#pending(line, source)),
      );
    }
    this.finishButton.className = need("[data-finish]", HTMLElement, fresh).className;
    for (const choice of this.choices) choice.refresh(fresh);
  }

  /**
   * Whether a line of this page is one the server does not tell of yet.
   * @param {Element} line
   * @param {HTMLElement} source
   */
  #pending(line, source) {
    const note = line.getAttribute("data-note") ?? "";
    const ending = [...this.editor.ending].some((saver) => saver.id === note);
    return ending && !source.querySelector(`[data-note="${CSS.escape(note)}"]`);
  }

  /**
   * Shows the note as another page of the same person has it, unless somebody is at it here.
   * @param {HTMLElement} fresh
   * @param {number} askedAt
   */
  #refreshNote(fresh, askedAt) {
    const { editor } = this;
    const { saver } = editor;
    const source = need("textarea", HTMLTextAreaElement, fresh);
    const { note: id, at } = source.dataset;
    const version = Number(source.dataset.version);
    const ending = [...editor.ending].some((one) => one.id === id);
    if (!editor.idle || ending || saver.savedAt >= askedAt) return;
    const newer = saver.version === 0 || saver.id !== id || version > saver.version;
    if (id && newer) editor.load({ id, version, text: source.value, at });
    else if (!id && saver.version > 0) editor.load({ text: "" });
  }
}
