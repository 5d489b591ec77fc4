// One note on its way to the server: in order, soon after typing stops, and again until it has arrived.

import { SAVE_INTERVAL, SAVE_PAUSE, SAVE_RETRY, UNSAVED_NOTICE } from "../shared/durations.js";
import { saveNote, saveNoteLeaving } from "./note-request.js";
import { enlist } from "./open-savers.js";
import { clientId, forget, keep, newId } from "./unsaved.js";

/**
 * clean    nothing typed yet
 * dirty    typed and not saved
 * saved    the server has all of it
 * late     dirty for so long that the page says so
 * lost     a save got no answer; tried again
 * out      the session has ended; kept in this browser
 * refused  the server does not take it, for a `reason`
 * clash    changed elsewhere; `theirs` is what stands, and somebody has to choose
 * done     finished
 * gone     emptied, and no note any more
 * @typedef {"clean" | "dirty" | "saved" | "late" | "lost" | "out" | "refused" | "clash" | "done" | "gone"} SaverState
 */

/**
 * A text, whose it is, and where it goes on from.
 * @typedef {{ user: string, about: string } & Partial<import("./unsaved.js").Entry>} Beginning
 */

/** `about` is `call=…` or `customer=…`; `onstate` is called whenever the state, or what goes with it, has changed. */
export class Saver {
  /** @type {SaverState} */
  state = "clean";
  editSeq = 0; // changes made here
  #saved = 0; // changes the server has
  finishing = false;
  inBrowser = true; // whether this browser had room to keep the text
  /** @type {{ body: string, version: number } | null} */
  theirs = null;
  /** @type {string | null} */
  offset = null; // of the note's first letter within the call, as the server shows it
  /** @type {number | null} */
  since = null; // when it began to be unsaved
  /** @type {string | undefined} */
  reason;
  savedAt = 0;
  /** @type {(() => void) | undefined} called whenever the state changes once the field has let go of this text */
  onend;
  /** @type {Promise<boolean> | null} */
  #busy = null;
  /** @type {number | null} */
  #typingSince = null; // since when somebody types without a save
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #notice;
  #delist = enlist(this);

  /**
   * @param {Beginning} beginning
   * @param {(saver: Saver) => void} [onstate]
   */
  constructor({ user, about, id = newId(), version = 0, text = "", begun = null }, onstate = () => {}) {
    this.user = user;
    this.about = about;
    this.id = id;
    this.version = version;
    this.text = text;
    this.begun = begun;
    this.clientId = clientId;
    this.onstate = onstate;
  }

  /**
   * A text a closed page left, to be sent just as that page would have sent it again.
   * @param {import("./unsaved.js").Entry} entry
   * @param {(saver: Saver) => void} [onstate]
   */
  static recovered(entry, onstate) {
    const saver = new Saver(entry, onstate);
    saver.clientId = entry.clientId;
    saver.editSeq = entry.editSeq;
    saver.#saved = entry.editSeq - 1;
    saver.finishing = entry.finishing;
    saver.since = entry.at;
    saver.state = "dirty";
    return saver;
  }

  get dirty() {
    return this.editSeq !== this.#saved;
  }

  /**
   * The text is this now.
   * @param {string} text
   */
  change(text) {
    if (this.begun === null || !this.text.trim()) this.begun = Date.now();
    this.text = text;
    this.editSeq += 1;
    this.#keep();
    this.#schedule();
  }

  /** It is written to its end. Whether the server has all of it. */
  finish() {
    this.finishing = true;
    this.editSeq += 1;
    this.#keep();
    return this.flush();
  }

  /** Saves now. Whether the server has all of it. */
  async flush() {
    clearTimeout(this.#timer);
    await this.#busy;
    while (this.dirty) {
      if (!(await this.#saveOnce())) return false;
    }
    return true;
  }

  /** The connection is back, or may be. */
  retry() {
    if (this.dirty && !this.theirs && !this.#busy) this.#saveOnce();
  }

  /** The page goes: no answer will be heard. */
  leave() {
    if (this.dirty && !this.theirs) saveNoteLeaving(this.entry);
  }

  /** Nobody writes it any more. */
  close() {
    clearTimeout(this.#timer);
    clearTimeout(this.#notice);
    this.#delist();
  }

  /**
   * Of two texts this one has been chosen: it goes on from theirs.
   * @param {string} text
   */
  choose(text) {
    if (!this.theirs) return;
    const same = text === this.theirs.body;
    this.version = this.theirs.version;
    this.theirs = null;
    this.text = text;
    this.editSeq += 1;
    this.#keep();
    if (same && !this.finishing) this.#arrived();
    else this.flush();
  }

  /** Two texts and nobody to choose: this one becomes a note of its own. */
  part() {
    forget(this.entry);
    this.theirs = null;
    this.id = newId();
    this.version = 0;
    this.clientId = clientId;
    this.#keep();
    return this.flush();
  }

  /** @returns {import("./unsaved.js").Entry} */
  get entry() {
    const { user, about, id, version, text, begun, editSeq, finishing, since: at } = this;
    return { user, about, id, version, text, begun, editSeq, finishing, clientId: this.clientId, at };
  }

  #keep() {
    this.since ??= Date.now();
    this.inBrowser = keep(this.entry);
    this.#notice ??= setTimeout(() => this.#late(), UNSAVED_NOTICE);
    if (this.state === "clean" || this.state === "saved") this.#become("dirty");
  }

  #late() {
    this.#notice = undefined;
    if (this.dirty && this.state === "dirty") this.#become("late");
  }

  /** @param {SaverState} state */
  #become(state) {
    this.state = state;
    this.onstate(this);
  }

  /** Saves when typing stops, and now and then while it does not. */
  #schedule() {
    const now = Date.now();
    this.#typingSince ??= now;
    clearTimeout(this.#timer);
    const wait = Math.min(SAVE_PAUSE, Math.max(0, this.#typingSince + SAVE_INTERVAL - now));
    this.#timer = setTimeout(() => this.#saveOnce(), wait);
  }

  /** One save at a time, so that they arrive in order; none while two texts wait for somebody to choose. */
  #saveOnce() {
    if (this.theirs) return Promise.resolve(false);
    this.#busy ??= this.#save().finally(() => {
      this.#busy = null;
    });
    return this.#busy;
  }

  /** Saves; whether the server has what was sent, or a later text. */
  async #save() {
    const { entry } = this;
    clearTimeout(this.#timer);
    this.#typingSince = null;
    const began = Date.now();
    const result = await saveNote(entry);
    switch (result.outcome) {
      case "accepted":
        this.version = result.version;
        this.offset = result.offset;
        this.#accepted(entry, began);
        return true;
      case "superseded":
        // A later save of the page that left this behind was there first: its text stands.
        this.version = result.version;
        this.text = result.body;
        this.#arrived(this.finishing);
        return true;
      case "clash":
        this.theirs = { body: result.body, version: result.version };
        this.#become("clash");
        return false;
      case "refused":
        this.reason = result.reason;
        this.#become("refused");
        return false;
      default:
        this.#become(result.outcome);
        if (result.outcome === "lost") this.#timer = setTimeout(() => this.#saveOnce(), SAVE_RETRY);
        return false;
    }
  }

  /**
   * @param {import("./unsaved.js").Entry} sent
   * @param {number} began
   */
  #accepted({ editSeq, finishing }, began) {
    this.#saved = Math.max(this.#saved, editSeq);
    clearTimeout(this.#notice);
    this.#notice = undefined;
    if (this.dirty) {
      // Typed on meanwhile.
      this.since = began;
      this.#notice = setTimeout(() => this.#late(), UNSAVED_NOTICE);
      this.#become("dirty");
      this.#schedule();
    } else {
      this.#arrived(finishing, this.version === 0);
    }
  }

  #arrived(finishing = false, gone = false) {
    this.#saved = this.editSeq;
    forget(this.entry);
    this.since = null;
    this.clientId = clientId;
    this.savedAt = Date.now();
    if (gone) {
      this.id = newId();
      this.begun = null;
    }
    const state = finishing ? "done" : "saved";
    this.#become(gone ? "gone" : state);
    if (finishing) this.close();
  }
}

/**
 * Sends on what a closed page left, though there is no field for it here.
 * @param {import("./unsaved.js").Entry} entry
 */
export async function deliver(entry) {
  const saver = Saver.recovered(entry, () => {
    if (saver.theirs) saver.part();
  });
  if (await saver.flush()) saver.close();
}
