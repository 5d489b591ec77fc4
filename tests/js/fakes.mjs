// What a browser has and Node.js lacks, as little of it as the scripts under test touch.

import { mock } from "node:test";

/** Time that stands still until it is moved on: timers and Date. */
export function stopClock() {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"], now: Date.UTC(2026, 0, 5, 9) });
}

/** Lets whatever has been promised come true, and what follows from it. */
export async function settle() {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

/** Moves time on in small steps, as it goes by: what a timer begins is done before the next one. */
export async function wait(milliseconds) {
  await settle();
  for (let gone = 0; gone < milliseconds; gone += 50) {
    mock.timers.tick(Math.min(50, milliseconds - gone));
    await settle();
  }
}

/** A browser's store of texts, with room for so many characters. */
export class FakeStorage {
  constructor(room = Number.POSITIVE_INFINITY) {
    this.texts = new Map();
    this.room = room;
  }

  get length() {
    return this.texts.size;
  }

  key(place) {
    return [...this.texts.keys()][place] ?? null;
  }

  getItem(key) {
    return this.texts.get(key) ?? null;
  }

  setItem(key, text) {
    if (text.length > this.room) throw new DOMException("full", "QuotaExceededError");
    this.texts.set(key, text);
  }

  removeItem(key) {
    this.texts.delete(key);
  }
}

/** Locks of one browser, shared by its tabs; `release` ends a tab's hold of one. */
export class FakeLocks {
  constructor() {
    this.queues = new Map();
  }

  request(name, ...rest) {
    const [options, callback] = rest.length > 1 ? rest : [{}, rest[0]];
    const queue = this.queues.get(name) ?? [];
    this.queues.set(name, queue);
    if (options.ifAvailable && queue.length > 0) return Promise.resolve(callback(null));
    return new Promise((resolve) => {
      const turn = {
        run: () => Promise.resolve(callback({ name })).then((value) => this.#leave(queue, turn, resolve, value)),
      };
      queue.push(turn);
      if (queue.length === 1) turn.run();
    });
  }

  /** The tab that holds the lock goes. */
  release(name) {
    const queue = this.queues.get(name) ?? [];
    queue.shift();
    queue[0]?.run();
  }

  #leave(queue, turn, resolve, value) {
    if (queue[0] === turn) {
      queue.shift();
      queue[0]?.run();
    }
    resolve(value);
  }
}

/** Puts these into the global scope for as long as a test runs. */
export function pretend(t, globals) {
  for (const [name, value] of Object.entries(globals)) {
    const before = Object.getOwnPropertyDescriptor(globalThis, name);
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
    t.after(() => {
      if (before) Object.defineProperty(globalThis, name, before);
      else delete globalThis[name];
    });
  }
}
