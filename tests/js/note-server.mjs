// A server that takes notes, and the browser they are written in.

import { Saver } from "../../callcrm/static/js/notes/saver.js";
import { FakeStorage, pretend, settle } from "./fakes.mjs";

/** What the server answers: `[status, JSON]`, or a proxy's page; an Error where no answer comes. */
function response([status, answer]) {
  const json = typeof answer !== "string";
  const headers = { "content-type": json ? "application/json" : "text/html" };
  return new Response(json ? JSON.stringify(answer) : answer, { status, headers });
}

/** A server that keeps what it is sent and answers as it is told, and a browser with a store. */
export class World {
  puts = [];
  answers = []; // in order; then each save is accepted as the next version
  version = 0;
  #held = [];
  holds = false; // whether answers are held back until they are let go

  constructor(t, room) {
    this.storage = new FakeStorage(room);
    const meta = { getAttribute: () => "token-1" };
    pretend(t, {
      document: { querySelector: () => meta, documentElement: { dataset: {} } },
      localStorage: this.storage,
      navigator: {},
      fetch: (path, how) => this.#answer(path, how),
    });
  }

  get sent() {
    return this.puts.map(({ text }) => text);
  }

  /** The texts this browser keeps. */
  get kept() {
    return [...this.storage.texts.values()].map((text) => JSON.parse(text).text);
  }

  async #answer(path, { body, method, headers, keepalive = false }) {
    const url = new URL(path, "http://callcrm.test");
    this.puts.push({
      path: url.pathname,
      ...Object.fromEntries(url.searchParams),
      text: body,
      method,
      headers,
      keepalive,
    });
    const answer = this.answers.shift();
    if (this.holds) await new Promise((resolve) => this.#held.push(resolve));
    if (answer instanceof Error) throw answer;
    if (answer) return response(answer);
    this.version += 1;
    return response([200, { version: body ? this.version : 0, offset: "0:12" }]);
  }

  /** Lets one answer go. */
  async letGo() {
    this.#held.shift()();
    await settle();
  }
}

/** Somebody's note on a call, with the states it goes through. */
export function note(about = "call=call_1") {
  const states = [];
  const saver = new Saver({ user: "ana", about }, ({ state }) => states.push(state));
  return [saver, states];
}
