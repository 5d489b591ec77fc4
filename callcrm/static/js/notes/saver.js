// One note on its way to the server: in order, soon after typing stops, and again until it has arrived.

import { enlist, forget, clientId, keep, newId } from "./unsaved.js";

const PAUSE = 400; // ms after the last key
const MOST = 2000; // ms between saves while somebody types on
const LATE = 5000; // ms unsaved until it is said
const AGAIN = 2000; // ms between attempts
const HURRY = 10000; // ms an attempt may take

/**
 * `about` is `call=…` or `customer=…`. States, told to `onstate`: clean, dirty, saved, late, lost (no answer), out
 * (signed out), refused (`reason`), clash (`theirs`: what stands), done (finished), gone (emptied, there too).
 */
export class Saver {
  constructor({ user, about, id = newId(), version = 0, text = "", begun = null, onstate = () => {} }) {
    Object.assign(this, { user, about, id, version, text, begun, onstate, clientId });
    Object.assign(this, { editSeq: 0, kept: 0, finishing: false, inBrowser: true, state: "clean" });
    Object.assign(this, { theirs: null, offset: null, since: null, reason: null, savedAt: 0 });
    this.leaveList = enlist(this);
  }

  /** A text a closed page left behind, to be sent just as that page would have sent it again. */
  static recovered(entry, onstate) {
    const saver = new Saver({ ...entry, onstate });
    const { editSeq, finishing } = entry;
    Object.assign(saver, { clientId: entry.clientId, editSeq, kept: editSeq - 1, finishing, since: entry.at, state: "dirty" });
    return saver;
  }

  get dirty() {
    return this.editSeq !== this.kept;
  }

  /** The text is this now. */
  change(text) {
    if (this.begun === null || !this.text.trim()) this.begun = Date.now();
    this.text = text;
    this.editSeq += 1;
    this.#mirror();
    this.#schedule();
  }

  /** It is written to its end. */
  finish() {
    this.finishing = true;
    this.editSeq += 1;
    this.#mirror();
    return this.flush();
  }

  /** Try now; whether the server has all of it. */
  async flush() {
    clearTimeout(this.timer);
    await this.busy;
    while (this.dirty) {
      if (!(await this.#once())) return false;
    }
    return true;
  }

  /** The connection is back, or may be. */
  retry() {
    if (this.dirty && !this.theirs && !this.busy) this.#once();
  }

  /** The page goes: no answer will be heard. */
  leave() {
    if (this.dirty && !this.theirs) this.#put({ keepalive: true }).catch(() => {});
  }

  /** Nobody writes it any more. */
  close() {
    clearTimeout(this.timer);
    clearTimeout(this.alarm);
    this.leaveList();
  }

  /** Between two texts, this one: it goes on from theirs. */
  choose(text) {
    this.version = this.theirs.version;
    const same = text === this.theirs.body;
    this.theirs = null;
    this.text = text;
    this.editSeq += 1;
    this.#mirror();
    if (same && !this.finishing) {
      this.kept = this.editSeq;
      this.#arrived(this.editSeq);
    } else this.flush();
  }

  /** Two texts and nobody to choose: this one becomes a note of its own. */
  part() {
    forget(this.entry);
    Object.assign(this, { theirs: null, id: newId(), version: 0, clientId });
    this.#mirror();
    return this.flush();
  }

  get entry() {
    const { user, about, id, version, text, begun, editSeq, finishing } = this;
    return { user, about, id, version, text, begun, editSeq, finishing, clientId: this.clientId, at: this.since };
  }

  #mirror() {
    this.since ??= Date.now();
    this.inBrowser = keep(this.entry);
    this.alarm ??= setTimeout(() => this.#late(), LATE);
    if (["clean", "saved"].includes(this.state)) this.#tell("dirty");
  }

  #late() {
    this.alarm = null;
    if (this.dirty && this.state === "dirty") this.#tell("late");
  }

  #tell(state) {
    this.state = state;
    this.onstate(this);
  }

  #schedule() {
    if (this.theirs) return;
    this.first ??= Date.now();
    clearTimeout(this.timer);
    const soon = Math.min(PAUSE, Math.max(0, this.first + MOST - Date.now()));
    this.timer = setTimeout(() => this.#once(), soon);
  }

  #once() {
    if (this.theirs) return Promise.resolve(false);
    this.busy ??= this.#save().finally(() => {
      this.busy = null;
    });
    return this.busy;
  }

  async #save() {
    const { editSeq, finishing } = this;
    clearTimeout(this.timer);
    this.first = null;
    const began = Date.now();
    let answer;
    let said = {};
    try {
      answer = await this.#put({ signal: AbortSignal.timeout(HURRY) });
      if (answer.headers.get("content-type")?.startsWith("application/json")) said = await answer.json();
    } catch {
      return this.#failed("lost", AGAIN);
    }
    if (answer.ok) return this.#kept(said, editSeq, finishing, began);
    if (answer.status === 409) return this.#clash(said);
    if (answer.status === 401 || answer.status === 403) return this.#failed("out");
    this.reason = said.said;
    return answer.status >= 500 || !said.said ? this.#failed("lost", AGAIN) : this.#failed("refused");
  }

  #put(how) {
    const asked = new URLSearchParams(this.about);
    const age = this.begun === null ? 0 : Math.max(0, Date.now() - this.begun);
    const { version, editSeq } = this;
    for (const [name, value] of Object.entries({ version, edit_seq: editSeq, age_ms: age, client_id: this.clientId })) asked.set(name, value);
    if (this.finishing) asked.set("finish", "yes");
    const token = document.querySelector('meta[name="csrf"]')?.content ?? "";
    return fetch(`/notes/${this.id}?${asked}`, {
      method: "PUT",
      body: this.text,
      headers: { "Content-Type": "text/plain; charset=utf-8", "X-CSRF-Token": token, "HX-Request": "true" },
      credentials: "same-origin",
      ...how,
    });
  }

  #kept(said, editSeq, finishing, began) {
    if (said.body !== undefined) return this.#superseded(said);
    this.version = said.version;
    this.offset = said.offset ?? null;
    this.kept = Math.max(this.kept, editSeq);
    clearTimeout(this.alarm);
    this.alarm = null;
    if (this.editSeq !== this.kept) {
      this.since = began;
      this.alarm = setTimeout(() => this.#late(), LATE);
      this.#tell("dirty");
      this.#schedule();
      return true;
    }
    this.#arrived(editSeq, finishing, said.version === 0);
    return true;
  }

  #arrived(editSeq, finishing = false, gone = false) {
    forget(this.entry);
    this.since = null;
    this.clientId = clientId;
    this.savedAt = Date.now();
    if (gone) Object.assign(this, { id: newId(), begun: null });
    this.#tell(gone ? "gone" : finishing ? "done" : "saved");
    if (finishing) this.close();
  }

  /** A later save of the page that left this behind was there first: its text stands. */
  #superseded(said) {
    this.text = said.body;
    this.version = said.version;
    this.kept = this.editSeq;
    this.#arrived(this.editSeq, this.finishing);
    return true;
  }

  #clash(said) {
    this.theirs = { body: said.body, version: said.version };
    this.#tell("clash");
    return false;
  }

  #failed(state, again) {
    this.#tell(state);
    if (again) this.timer = setTimeout(() => this.#once(), again);
    return false;
  }
}

/** What a closed page left, sent on though there is no field for it here. */
export async function deliver(entry) {
  const saver = Saver.recovered(entry, () => {
    if (saver.theirs) saver.part();
  });
  if (await saver.flush()) saver.close();
}
