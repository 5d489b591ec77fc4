// The line to the server as this browser has it: one tab listens for all of them, the others are told by it.
// It streams; where no stream can be had it asks every few seconds; where nothing answers it says so.

const EVERY = 2500; // ms between two questions
const HELLO = 4000; // ms for a stream to say that it is there; a proxy that holds it back lets nothing through
const SILENCE = 25000; // ms without a pulse until a stream counts as dead
const STEADY = 10000; // ms a stream must last until it is trusted again, if it has broken again and again
const CALM = 60000; // ms without a break until that is forgotten
const FLAPS = 2; // so many breaks are bad luck
const AGAIN = [1000, 2000, 5000, 10000]; // ms until a stream is tried again
const KINDS = ["call.offered", "call.updated", "call.ended", "agent.updated", "queue.updated"];

/** Listens for this tab alone: `tell(kind, data)` gets what is new, `turn(state)` what the line is like. */
export class Line {
  #source = null;
  #mark;
  #drawn = "";
  #failures = 0; // tries since a stream was last trusted
  #flaps = 0; // streams that began and broke
  #greeted = false;
  #missing = false; // whether nothing answers at all
  #timers = {};
  #tell;
  #turn;
  #refused;
  #open = false;

  constructor({ mark, tell, turn, refused }) {
    this.#mark = mark;
    this.#tell = tell;
    this.#turn = turn;
    this.#refused = refused;
  }

  get mark() {
    return this.#mark;
  }

  set mark(mark) {
    this.#mark = mark ?? this.#mark;
  }

  /** Listen, by a stream if one can be had. */
  begin() {
    this.end();
    this.#open = true;
    this.#stream();
  }

  /** Only ask, again and again: for a tab nobody looks at, where each would need a stream of its own. */
  rest() {
    this.end();
    this.#failures = 2;
    this.#after("poll", EVERY, () => this.#poll());
  }

  end() {
    this.#open = false;
    this.#drop();
    for (const name of Object.keys(this.#timers)) this.#stop(name);
  }

  /** The browser says that there is no network, or that there is one again. */
  moved() {
    if (!this.#open) return;
    this.#failures = Math.max(this.#failures, 1);
    if (navigator.onLine) this.#stream();
    else this.#broke();
  }

  /** What is new right now, asked for: after sleep, and for a tab that has just come. */
  async ask() {
    const query = new URLSearchParams({ after: this.#mark ?? "", drawn: this.#drawn });
    const answer = await fetch(`/desk/changes?${query}`, {
      headers: { "HX-Request": "true" },
      credentials: "same-origin",
      cache: "no-store",
      signal: AbortSignal.timeout(8000),
    });
    if (answer.status === 401) this.#refused();
    if (!answer.ok) throw new Error(String(answer.status));
    const { mark, items, drawn, waiting } = await answer.json();
    this.#mark = mark ?? this.#mark;
    this.#drawn = drawn;
    for (const one of items) this.#tell(one.kind, one.subject, this.#mark);
    if (waiting !== undefined) this.#tell("waiting", waiting, this.#mark);
  }

  #stream() {
    this.#drop();
    const source = new EventSource(`/desk/events?${new URLSearchParams({ after: this.#mark ?? "" })}`);
    this.#source = source;
    this.#after("hello", HELLO, () => this.#broke());
    const heard = (event) => {
      if (event.lastEventId) this.#mark = event.lastEventId;
      this.#after("silence", SILENCE, () => this.#broke());
    };
    source.addEventListener("hello", (event) => {
      heard(event);
      this.#stop("hello");
      this.#greeted = true;
      if (this.#flaps > FLAPS) this.#after("steady", STEADY, () => this.#steady());
      else this.#steady();
    });
    source.addEventListener("pulse", heard);
    source.addEventListener("waiting", (event) => {
      heard(event);
      this.#drawn = "";
      this.#tell("waiting", JSON.parse(event.data), this.#mark);
    });
    for (const kind of KINDS) {
      source.addEventListener(kind, (event) => {
        heard(event);
        this.#tell(kind, event.data, this.#mark);
      });
    }
    source.addEventListener("error", () => this.#broke());
  }

  #steady() {
    this.#failures = 0;
    this.#missing = false;
    this.#stop("poll");
    this.#after("calm", CALM, () => (this.#flaps = 0));
    this.#turn("live");
  }

  #broke() {
    if (this.#greeted) this.#flaps += 1;
    this.#drop();
    if (!this.#open) return;
    const wait = AGAIN[Math.min(this.#failures, AGAIN.length - 1)];
    this.#failures += 1;
    this.#after("again", wait, () => this.#stream());
    if (!this.#timers.poll) this.#after("poll", this.#failures > 1 ? 0 : wait / 2, () => this.#poll());
  }

  async #poll() {
    let state = "polling";
    try {
      await this.ask();
    } catch {
      state = "offline";
    }
    if (!this.#timers.poll) return; // the stream is back meanwhile
    if (this.#failures > 1) this.#turn(state); // a first failure may be a blink
    if (this.#missing && state === "polling" && this.#open) this.#stream(); // it answers again
    this.#missing = state === "offline";
    this.#after("poll", EVERY, () => this.#poll());
  }

  #drop() {
    this.#source?.close();
    this.#source = null;
    this.#greeted = false;
    for (const name of ["hello", "silence", "steady", "calm", "again"]) this.#stop(name);
  }

  #after(name, wait, act) {
    this.#stop(name);
    this.#timers[name] = setTimeout(act, wait);
  }

  #stop(name) {
    clearTimeout(this.#timers[name]);
    delete this.#timers[name];
  }
}
