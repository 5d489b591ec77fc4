// A field to write a note in: what is typed goes to its saver, how that fares is said beside it.

import { Saver } from "./saver.js";

const TROUBLE = ["lost", "out", "refused", "clash"];
const language = document.documentElement.lang === "fa" ? "fa-u-nu-arabext" : "en-GB";

function clock(moment, timeZone, second) {
  const shape = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone };
  return new Intl.DateTimeFormat(language, second ? { ...shape, second: "2-digit" } : shape).format(moment);
}

/** `box` holds the field, `.saved`, `.told` and `.clash`; `texts` has what to say (parts/_writer.html). */
export class Writer {
  constructor(box, texts, { onchange = () => {} } = {}) {
    Object.assign(this, { box, texts, onchange });
    this.field = box.querySelector("textarea");
    this.savers = new Set();
    const { user, about, note, version, at } = this.field.dataset;
    Object.assign(this, { user, about, savedAt: null });
    this.#take(new Saver({ user, about, text: this.field.value, ...(note && { id: note, version: Number(version) }) }));
    this.field.addEventListener("input", () => this.#typed());
    this.#stands(at);
    box.querySelector(".clash").addEventListener("click", (event) => this.#choose(event.target.dataset.choose));
  }

  get blank() {
    return !this.field.value.trim();
  }

  /** Nothing here that the server does not have, or that somebody is looking at. */
  get idle() {
    return !this.saver.dirty && !this.saver.theirs && document.activeElement !== this.field;
  }

  #take(saver) {
    this.saver = saver;
    saver.onstate = () => this.#show(saver);
  }

  #typed() {
    this.saver.change(this.field.value);
    this.onchange();
  }

  /** The text as the store has it now; only for an idle field. */
  load({ id, version, text, at }) {
    this.saver.close();
    this.field.value = text;
    this.#take(new Saver({ user: this.user, about: this.about, text, ...(id && { id, version }) }));
    this.#stands(at);
    this.onchange();
  }

  /** The text came from the store, saved at this moment; nothing is said of an empty field. */
  #stands(at) {
    if (!at) return;
    this.savedAt = Date.parse(at);
    this.field.setSelectionRange(this.field.value.length, this.field.value.length);
    this.#say(Object.assign(this.saver, { state: "saved" }), this.texts);
  }

  /** A text that a closed page left; it is in the field at once, and with the server as soon as may be. */
  recover(entry) {
    this.saver.close();
    this.field.value = entry.text; // with the caret behind it
    this.#take(Saver.recovered(entry));
    this.#show(this.saver);
    this.onchange();
    return this.saver.flush();
  }

  /** The text is at its end, and the field free for another. Its saver; it goes on by itself. */
  end() {
    const { saver } = this;
    this.savers.add(saver);
    saver.onstate = () => this.#ended(saver);
    this.field.value = "";
    this.#take(new Saver({ user: this.user, about: this.about }));
    saver.finish();
    this.onchange();
    return saver;
  }

  #ended(saver) {
    if (saver.theirs) saver.part();
    if (saver.state === "done") this.savers.delete(saver);
    saver.onend?.();
    this.#show(saver);
  }

  #choose(choice) {
    if (!choice) return;
    const { field, saver } = this;
    const theirs = saver.theirs.body;
    if (choice === "both") field.value = `${field.value}\n${theirs}`;
    if (choice === "theirs") field.value = theirs;
    this.box.querySelector(".clash").hidden = true;
    saver.choose(field.value);
    field.focus();
    this.onchange();
  }

  #show(saver) {
    const { saver: mine, texts } = this;
    if (saver.savedAt) this.savedAt = saver.savedAt;
    if (saver.state === "gone") this.onchange();
    const clash = this.box.querySelector(".clash");
    clash.hidden = !mine.theirs;
    if (mine.theirs) clash.querySelector(".theirs").textContent = mine.theirs.body;
    const worst = [mine, ...this.savers].find((one) => TROUBLE.includes(one.state)) ?? saver;
    this.#say(worst, texts);
  }

  #say(saver, texts) {
    const line = this.box.querySelector(".saved");
    const [before, trouble] = [TROUBLE.includes(line.dataset.state), TROUBLE.includes(saver.state)];
    const said = this.#words(saver, texts);
    line.querySelector(".said").textContent = said;
    line.classList.toggle("lost", trouble);
    line.classList.toggle("wait", saver.state === "late");
    line.dataset.state = saver.state;
    if (before !== trouble) this.box.querySelector(".told").textContent = trouble ? said : texts.back;
  }

  #words(saver, texts) {
    const since = saver.since ? clock(saver.since, texts.zone, false) : "";
    const saved = this.savedAt ? texts.saved.replace("{time}", clock(this.savedAt, texts.zone, true)) : "";
    return {
      late: this.savedAt ? texts.late.replace("{time}", since) : texts.lateNew,
      lost: (saver.inBrowser ? texts.lost : texts.late).replace("{time}", since),
      out: texts.out,
      refused: texts.refused.replace("{said}", saver.reason ?? ""),
      clash: texts.clash,
    }[saver.state] ?? saved;
  }
}
