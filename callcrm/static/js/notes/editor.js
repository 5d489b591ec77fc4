// A field to write a note in: what is typed goes to its saver, how that fares is said beside it.

import { need } from "../shared/dom.js";
import { fill, timeOfDay } from "../shared/format.js";
import { watchPage } from "./open-savers.js";
import { Saver } from "./saver.js";

/** @typedef {import("./saver.js").SaverState} SaverState */

/** @type {readonly SaverState[]} */
const TROUBLE = ["lost", "out", "refused", "clash"];

watchPage();

/** `box` holds the field, and the places where its saving and a clash are told; `texts` what to say (notes/_editor.html). */
export class NoteEditor {
  /** @type {Set<Saver>} texts that are at their end and not saved yet */
  ending = new Set();
  #savedAt = 0;
  /** @type {HTMLElement} where two texts stand side by side until one is chosen */
  #clash;

  /**
   * @param {HTMLElement} box
   * @param {DOMStringMap} texts
   * @param {() => void} [onchange]
   */
  constructor(box, texts, onchange = () => {}) {
    this.box = box;
    this.texts = texts;
    this.onchange = onchange;
    this.field = need("textarea", HTMLTextAreaElement, box);
    this.#clash = need(".conflict", HTMLElement, box);
    const { user = "", about = "", note, version, at } = this.field.dataset;
    this.user = user;
    this.about = about;
    const text = this.field.value;
    this.saver = this.#take(new Saver({ user, about, text, ...(note && { id: note, version: Number(version) }) }));
    this.field.addEventListener("input", () => this.#typed());
    this.#loaded(at);
    this.#clash.addEventListener("click", ({ target }) => {
      if (target instanceof HTMLElement && target.dataset.choose) this.#choose(target.dataset.choose);
    });
  }

  get blank() {
    return !this.field.value.trim();
  }

  /** Whether nothing is here that the server does not have, or that somebody is looking at. */
  get idle() {
    return !this.saver.dirty && !this.saver.theirs && document.activeElement !== this.field;
  }

  /**
   * The text as the store has it now; only for an idle field.
   * @param {{ id?: string, version?: number, text: string, at?: string | undefined }} note
   */
  load({ id, version, text, at }) {
    this.saver.close();
    this.field.value = text;
    this.saver = this.#take(new Saver({ user: this.user, about: this.about, text, ...(id && { id, version }) }));
    this.#loaded(at);
    this.onchange();
  }

  /**
   * Takes up a text that a closed page left: in the field at once, and with the server as soon as may be.
   * @param {import("./unsaved.js").Entry} entry
   */
  recover(entry) {
    this.saver.close();
    this.field.value = entry.text; // with the caret behind it
    this.saver = this.#take(Saver.recovered(entry));
    this.#show(this.saver);
    this.onchange();
    return this.saver.flush();
  }

  /** The text is at its end, and the field free for another. Its saver, which goes on by itself. */
  end() {
    const { saver } = this;
    this.ending.add(saver);
    saver.onstate = () => this.#ended(saver);
    this.field.value = "";
    this.saver = this.#take(new Saver({ user: this.user, about: this.about }));
    saver.finish();
    this.onchange();
    return saver;
  }

  /** @param {Saver} saver */
  #take(saver) {
    saver.onstate = () => this.#show(saver);
    return saver;
  }

  #typed() {
    this.saver.change(this.field.value);
    this.onchange();
  }

  /**
   * The text came from the store, saved at this moment; nothing is said of an empty field.
   * @param {string | undefined} at
   */
  #loaded(at) {
    if (!at) return;
    this.#savedAt = Date.parse(at);
    this.field.setSelectionRange(this.field.value.length, this.field.value.length);
    this.saver.state = "saved";
    this.#say(this.saver);
  }

  /** @param {Saver} saver */
  #ended(saver) {
    if (saver.theirs) saver.part();
    if (saver.state === "done") this.ending.delete(saver);
    saver.onend?.();
    this.#show(saver);
  }

  /** @param {string} choice */
  #choose(choice) {
    const { field, saver } = this;
    const theirs = saver.theirs?.body ?? "";
    if (choice === "both") field.value = `${field.value}\n${theirs}`;
    if (choice === "theirs") field.value = theirs;
    this.#clash.hidden = true;
    saver.choose(field.value);
    field.focus();
    this.onchange();
  }

  /** @param {Saver} saver whose state has changed */
  #show(saver) {
    const { theirs } = this.saver;
    if (saver.savedAt) this.#savedAt = saver.savedAt;
    if (saver.state === "gone") this.onchange();
    this.#clash.hidden = !theirs;
    if (theirs) need(".stored-text", HTMLElement, this.#clash).textContent = theirs.body;
    // Trouble with any text is said before all is well with another.
    this.#say([this.saver, ...this.ending].find(({ state }) => TROUBLE.includes(state)) ?? saver);
  }

  /** @param {Saver} saver */
  #say(saver) {
    const line = need(".saved", HTMLElement, this.box);
    const [before, trouble] = [TROUBLE.some((state) => state === line.dataset.state), TROUBLE.includes(saver.state)];
    const text = this.#text(saver);
    need(".text", HTMLElement, line).textContent = text;
    line.classList.toggle("lost", trouble);
    line.classList.toggle("wait", saver.state === "late");
    line.dataset.state = saver.state;
    // Read out only when it goes wrong and when it is well again, not at every save.
    if (before !== trouble)
      need(".announced", HTMLElement, this.box).textContent = trouble ? text : (this.texts.back ?? "");
  }

  /** @param {Saver} saver */
  #text({ state, since, inBrowser, reason = "" }) {
    const { texts } = this;
    const time = since ? timeOfDay(since, texts.zone) : "";
    const late = fill(texts.late, { time });
    const saved = this.#savedAt
      ? fill(texts.saved, { time: timeOfDay(this.#savedAt, texts.zone, { seconds: true }) })
      : "";
    /** @type {Partial<Record<SaverState, string | undefined>>} */
    const text = {
      late: this.#savedAt ? late : texts.lateNew,
      lost: inBrowser ? fill(texts.lost, { time }) : late,
      out: texts.out,
      refused: fill(texts.refused, { reason }),
      clash: texts.clash,
    };
    return text[state] ?? saved;
  }
}
