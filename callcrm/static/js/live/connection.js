// This browser's connection to the server: what it does when is in connection-states.js, here is how it is done.

import {
  BLINK_POLL,
  CALM,
  HELLO_LIMIT,
  POLL_INTERVAL,
  PROBATION,
  SILENCE_LIMIT,
  STREAM_RETRIES,
} from "../shared/durations.js";
import { step } from "./connection-states.js";

/** So many breaks are bad luck: after more, a stream must last before it is trusted. */
const BAD_LUCK = 2;

/**
 * What is new since a mark: `items` in order, `waiting` the list of waiting callers where it has changed.
 * @typedef {{ mark: string | null, items: { kind: string, subject: string }[], drawn: string, waiting?: string }} Changes
 */

/**
 * How a stream tells what comes. None is called after it has been closed.
 * @typedef {object} StreamHandlers
 * @property {(mark: string) => void} frame anything at all, with the mark to go on from, if it brought one
 * @property {() => void} hello from now on nothing is missed
 * @property {(kind: string, data: string) => void} item
 * @property {() => void} broke
 */

/**
 * What the connection stands on; tests bring their own.
 * @typedef {object} Ports
 * @property {(mark: string | null, handlers: StreamHandlers) => { close(): void }} stream
 * @property {(mark: string | null, drawn: string) => Promise<Changes>} changes rejects where nothing answers
 * @property {(kind: string, data: string, mark: string | null) => void} onItem
 * @property {(state: "live" | "polling" | "offline") => void} onState
 */

/** One tab's connection. `mark` is what it has got so far: a stream goes on from there. */
export class Connection {
  /** @type {string | null} */
  mark;
  /** @type {import("./connection-states.js").State} */
  state = "closed";
  /** @type {{ close(): void } | null} */
  #stream = null;
  #drawn = ""; // which list of waiting callers is on the page
  #failures = 0; // streams asked for in vain since one was last trusted
  #breaks = 0; // streams that were there and broke
  #polls = 0; // so that only the latest poll counts
  /** @type {Map<string, ReturnType<typeof setTimeout>>} */
  #timers = new Map();
  /** @type {Ports} */
  #ports;

  /**
   * @param {string | null} mark
   * @param {Ports} ports
   */
  constructor(mark, ports) {
    this.mark = mark;
    this.#ports = ports;
  }

  /** Listens, by a stream if one can be had. */
  open() {
    this.#happened("open");
  }

  /** Only polls. */
  rest() {
    this.#happened("rest");
  }

  close() {
    this.#happened("close");
  }

  /**
   * The browser says that there is no network, or that there is one again.
   * @param {boolean} up
   */
  networkChanged(up) {
    this.#happened(up ? "network-up" : "network-down");
  }

  /** Asks once what is new. Rejects where nothing answers. */
  async catchUp() {
    const { mark, items, drawn, waiting } = await this.#ports.changes(this.mark, this.#drawn);
    this.mark = mark ?? this.mark;
    this.#drawn = drawn;
    for (const { kind, subject } of items) this.#ports.onItem(kind, subject, this.mark);
    if (waiting !== undefined) this.#ports.onItem("waiting", waiting, this.mark);
  }

  /** @param {import("./connection-states.js").ConnectionEvent} event */
  #happened(event) {
    const [next, ...effects] = step(this.state, event);
    this.state = next;
    for (const effect of effects) this.#effects[effect]();
  }

  /** @type {Record<import("./connection-states.js").Effect, () => void>} */
  #effects = {
    reset: () => {
      this.#failures = 0;
      this.#breaks = 0;
    },
    stream: () => this.#openStream(),
    unstream: () => this.#closeStream(),
    "retry later": () => {
      const wait = STREAM_RETRIES[Math.min(this.#failures, STREAM_RETRIES.length - 1)] ?? 0;
      this.#after("retry", wait);
      this.#failures += 1;
    },
    "expect frames": () => this.#after("broke", SILENCE_LIMIT),
    "put on probation": () => this.#after("steady", PROBATION),
    trust: () => {
      this.#failures = 0;
      this.#after("calm", CALM);
    },
    "count break": () => {
      this.#breaks += 1;
    },
    "forget breaks": () => {
      this.#breaks = 0;
    },
    "poll now": () => this.#after("poll", 0),
    "poll soon": () => this.#after("poll", BLINK_POLL),
    "poll later": () => this.#after("poll", POLL_INTERVAL),
    unpoll: () => {
      this.#polls += 1;
      this.#stop("poll");
    },
    ask: () => this.#poll(),
    "say live": () => this.#ports.onState("live"),
    "say polling": () => this.#ports.onState("polling"),
    "say offline": () => this.#ports.onState("offline"),
  };

  #openStream() {
    this.#closeStream();
    this.#after("broke", HELLO_LIMIT);
    this.#stream = this.#ports.stream(this.mark, {
      frame: (mark) => {
        this.mark = mark || this.mark;
        this.#happened("frame");
      },
      hello: () => this.#happened(this.#breaks > BAD_LUCK ? "hello-again" : "hello"),
      item: (kind, data) => {
        if (kind === "waiting") this.#drawn = ""; // a poll can't know this one: it asks for all of it
        this.#ports.onItem(kind, data, this.mark);
      },
      broke: () => this.#happened("broke"),
    });
  }

  #closeStream() {
    this.#stream?.close();
    this.#stream = null;
    for (const name of /** @type {const} */ (["broke", "retry", "steady", "calm"])) this.#stop(name);
  }

  async #poll() {
    this.#polls += 1;
    const poll = this.#polls;
    const answered = await this.catchUp().then(
      () => true,
      () => false,
    );
    if (poll === this.#polls) this.#happened(answered ? "answered" : "unanswered");
  }

  /**
   * @param {import("./connection-states.js").ConnectionEvent} event happens then
   * @param {number} wait
   */
  #after(event, wait) {
    this.#stop(event);
    this.#timers.set(
      event,
      setTimeout(() => this.#happened(event), wait),
    );
  }

  /** @param {import("./connection-states.js").ConnectionEvent} event */
  #stop(event) {
    clearTimeout(this.#timers.get(event));
    this.#timers.delete(event);
  }
}
