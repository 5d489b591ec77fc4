// The connection at work: a stream where one can be had, polls where not, and what the page is told of it when.

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { Connection } from "../../callcrm/static/js/live/connection.js";
import * as durations from "../../callcrm/static/js/shared/durations.js";
import { settle, stopClock, wait } from "./fakes.mjs";

beforeEach(stopClock);

/** A server, and the page of one browser: what it asks for and is told. */
class World {
  streams = []; // each asked for: from which mark, when, and what it may tell
  polls = [];
  items = [];
  states = [];
  answers = true; // whether polls are
  news = []; // what the next poll brings
  held = null; // the answer of a poll that takes its time
  connection = new Connection("7", {
    stream: (mark, handlers) => {
      const stream = { mark, at: Date.now(), ...handlers, closed: false };
      this.streams.push(stream);
      return { close: () => Object.assign(stream, { closed: true }) };
    },
    changes: (mark, drawn) => {
      this.polls.push({ mark, drawn, at: Date.now() });
      if (this.held) return this.held;
      if (!this.answers) return Promise.reject(new TypeError("network"));
      return Promise.resolve({ mark: String(Number(mark) + 1), drawn: "d", items: this.news.splice(0) });
    },
    onItem: (kind, data) => this.items.push(`${kind} ${data}`),
    onState: (state) => this.states.push(state),
  });

  /** The stream that is open or asked for. */
  get stream() {
    return this.streams.findLast(({ closed }) => !closed);
  }

  greet() {
    this.stream.frame("");
    this.stream.hello();
  }

  /** It has been live for long enough that nothing before counts. */
  async live() {
    this.connection.open();
    this.greet();
    await settle();
    this.states.length = 0;
    return this;
  }
}

const gaps = (moments) => moments.slice(1).map((moment, place) => moment - moments[place]);

test("a stream that greets is live, and what it brings is told with the mark to go on from", async () => {
  const world = new World();
  world.connection.open();
  assert.deepEqual(world.states, []);
  world.greet();
  world.stream.frame("8");
  world.stream.item("call.updated", "call_1");
  assert.deepEqual([world.streams[0].mark, world.states, world.items], ["7", ["live"], ["call.updated call_1"]]);
  await wait(durations.SILENCE_LIMIT - 50);
  assert.equal(world.connection.mark, "8");
  assert.deepEqual(world.polls, []);
});

test("a break that mends within a second is not spoken of, and nothing is missed", async () => {
  const world = await new World().live();
  world.stream.frame("8");
  world.news = [{ kind: "call.offered", subject: "call_2" }];
  world.stream.broke();
  assert.equal(world.streams[0].closed, true);
  await wait(durations.BLINK_POLL);
  assert.deepEqual(world.items, ["call.offered call_2"]);
  await wait(durations.STREAM_RETRIES[0] - durations.BLINK_POLL);
  world.greet();
  await wait(durations.POLL_INTERVAL * 2);
  assert.deepEqual([world.states, world.streams.length, world.stream.mark, world.polls.length], [["live"], 2, "9", 1]);
});

test("where a proxy holds the stream back, it polls and says so, and tries again ever less often", async () => {
  const world = new World();
  world.connection.open();
  await wait(60_000);
  assert.deepEqual(world.states, ["polling"]);
  const waits = [1000, 2000, 5000, 10_000, 10_000].map((pause) => pause + durations.HELLO_LIMIT);
  assert.deepEqual(gaps(world.streams.map(({ at }) => at)).slice(0, 4), waits.slice(0, 4));
  assert.ok(world.streams.slice(0, -1).every(({ closed }) => closed));
  const every = gaps(world.polls.slice(1).map(({ at }) => at));
  assert.deepEqual(new Set(every), new Set([durations.POLL_INTERVAL]));
  for (let seconds = 0; seconds < 20 && !world.stream; seconds += 1) await wait(1000);
  world.greet();
  assert.deepEqual(world.states, ["polling", "live"]);
  const { length } = world.polls;
  await wait(durations.POLL_INTERVAL * 3);
  assert.equal(world.polls.length, length);
});

test("what polls bring is told, and each goes on from the one before", async () => {
  const world = new World();
  world.connection.open();
  await wait(durations.HELLO_LIMIT + durations.BLINK_POLL);
  world.news = [{ kind: "call.ended", subject: "call_1" }];
  await wait(durations.POLL_INTERVAL);
  assert.deepEqual(
    world.polls.map(({ mark, drawn }) => [mark, drawn]),
    [
      ["7", ""],
      ["8", "d"],
    ],
  );
  assert.deepEqual(world.items, ["call.ended call_1"]);
});

test("where nothing answers it says so, and as soon as anything does a stream is asked for", async () => {
  const world = await new World().live();
  world.answers = false;
  world.stream.broke();
  await wait(1000);
  assert.deepEqual(world.states, []);
  world.stream.broke();
  await wait(3000);
  assert.deepEqual(world.states, ["offline"]);
  for (let tries = 0; tries < 4; tries += 1) {
    await wait(durations.STREAM_RETRIES.at(-1));
    world.stream?.broke();
  }
  world.answers = true; // and a stream is not due yet
  const { length } = world.streams;
  await wait(durations.POLL_INTERVAL);
  assert.deepEqual(world.states, ["offline", "polling"]);
  assert.equal(world.streams.length, length + 1);
  world.greet();
  assert.deepEqual(world.states, ["offline", "polling", "live"]);
});

test("a stream that breaks again and again must last before it is trusted; a calm minute forgets", async () => {
  const world = await new World().live();
  for (let breaks = 0; breaks < 3; breaks += 1) {
    world.stream.broke();
    await wait(1000);
    world.greet();
  }
  assert.equal(world.connection.state, "probation");
  await wait(durations.PROBATION - 50);
  assert.equal(world.connection.state, "probation");
  assert.ok(world.polls.length > 3, "polled meanwhile");
  await wait(50);
  assert.equal(world.connection.state, "live");
  for (let gone = 0; gone < durations.CALM; gone += 10_000) {
    await wait(10_000);
    world.stream.frame("");
  }
  world.stream.broke();
  await wait(1000);
  world.greet();
  assert.equal(world.connection.state, "live");
});

test("a stream that falls silent is dead, though nobody has said so", async () => {
  const world = await new World().live();
  await wait(durations.SILENCE_LIMIT - 50);
  world.stream.frame("");
  await wait(durations.SILENCE_LIMIT - 50);
  assert.equal(world.streams.length, 1);
  await wait(50 + durations.STREAM_RETRIES[0]);
  assert.deepEqual([world.streams.length, world.streams[0].closed], [2, true]);
});

test("after a sleep all timers are late: the stream is asked for anew from where it was, in silence", async () => {
  const world = await new World().live();
  world.stream.frame("41");
  // The machine slept: its clock has gone on by an hour, and what was due meanwhile happens once, now.
  mock.timers.tick(3_600_000);
  await wait(durations.STREAM_RETRIES[0]);
  assert.ok(Number(world.stream.mark) >= 41);
  world.greet();
  assert.deepEqual(world.states, ["live"]);
  assert.equal(world.connection.state, "live");
});

test("the browser's word that the network is gone is acted on at once, and so is that it is back", async () => {
  const world = await new World().live();
  world.answers = false;
  world.connection.networkChanged(false);
  await wait(50);
  assert.deepEqual(world.states, ["offline"]);
  world.answers = true;
  world.connection.networkChanged(true);
  world.greet();
  assert.deepEqual(world.states, ["offline", "live"]);
});

test("a tab at rest only polls, and one that is looked at again has a stream", async () => {
  const world = await new World().live();
  world.connection.rest();
  await wait(durations.POLL_INTERVAL * 3);
  assert.deepEqual([world.stream, world.polls.length, world.states], [undefined, 3, ["polling", "polling", "polling"]]);
  world.connection.networkChanged(false);
  world.connection.open();
  world.greet();
  assert.equal(world.states.at(-1), "live");
});

test("whoever is closed asks for nothing more, and hears nothing", async () => {
  const world = await new World().live();
  world.stream.broke();
  world.connection.close();
  await wait(30_000);
  assert.deepEqual([world.streams.length, world.polls.length, world.connection.state], [1, 0, "closed"]);
});

test("the answer of a poll that another has overtaken decides nothing", async () => {
  const world = await new World().live();
  let fail = () => {};
  const late = new Promise((_, reject) => {
    fail = reject;
  });
  world.connection.rest();
  world.held = late;
  await wait(durations.POLL_INTERVAL);
  world.held = null;
  world.connection.open(); // somebody looks at the tab again, and its stream can't be had
  world.stream.broke();
  await wait(durations.STREAM_RETRIES[0]);
  world.stream.broke();
  await wait(durations.POLL_INTERVAL);
  assert.equal(world.connection.state, "polling");
  fail(new TypeError("network"));
  await settle();
  assert.deepEqual([world.connection.state, world.states], ["polling", ["polling"]]);
});

test("the list of waiting callers that a stream brought is not asked for by its drawing", async () => {
  const world = new World();
  world.connection.open();
  await wait(durations.HELLO_LIMIT + durations.BLINK_POLL); // a poll has brought the drawing "d"
  await wait(durations.STREAM_RETRIES[0]);
  world.greet();
  world.stream.item("waiting", "<section>");
  world.stream.broke();
  await wait(durations.BLINK_POLL);
  assert.deepEqual([world.polls.at(-1).drawn, world.items], ["", ["waiting <section>"]]);
});
