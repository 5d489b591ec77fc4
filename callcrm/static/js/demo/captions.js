// What is said on the phone, to read along: the last two of those who spoke, digits set apart.

import { build } from "../shared/dom.js";

const PARAGRAPHS = 2;
const DIGITS = /([0-9۰-۹]+)/u;

export class Captions {
  #continues = false; // whether the next words go on in the same paragraph

  /** @param {HTMLElement} box */
  constructor(box) {
    this.box = box;
  }

  clear() {
    this.box.replaceChildren();
    this.#continues = false;
  }

  /** Something else was heard or done: the next words begin a paragraph. */
  pause() {
    this.#continues = false;
  }

  /**
   * @param {string} text
   * @param {string} language
   */
  write(text, language) {
    const paragraph = this.#paragraph(language);
    if (paragraph.textContent) paragraph.append(" ");
    for (const part of text.split(DIGITS)) {
      paragraph.append(build(DIGITS.test(part) ? "b" : "span", { textContent: part }));
    }
    this.box.scrollTop = this.box.scrollHeight;
  }

  /** @param {string} language */
  #paragraph(language) {
    const last = this.box.lastElementChild;
    if (this.#continues && last) return last;
    this.#continues = true;
    const paragraph = build("p", { lang: language, dir: language.startsWith("fa") ? "rtl" : "ltr" });
    this.box.append(paragraph);
    while (this.box.childElementCount > PARAGRAPHS) this.box.firstElementChild?.remove();
    return paragraph;
  }
}
