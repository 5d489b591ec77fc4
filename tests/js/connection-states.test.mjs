// The table of the connection's states, walked in every way that a browser, a network and a server can take it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { step, TABLE } from "../../callcrm/static/js/live/connection-states.js";

const WANTS = ["open", "rest", "close", "network-up", "network-down"];
const STREAMS = ["hello", "hello-again", "frame", "broke"];
const TIMES = ["retry", "steady", "calm", "poll"];
const POLLS = ["answered", "unanswered"];
const EVENTS = [...WANTS, ...STREAMS, ...TIMES, ...POLLS];
const MANY_BREAKS = 3;

// What each effect does to the world around the table.
const EFFECTS = {
  reset: (world) => ({ ...world, breaks: 0 }),
  stream: (world) => ({ ...withoutStream(world), stream: "asked" }),
  unstream: withoutStream,
  "retry later": (world) => withTimer(world, "retry"),
  "expect frames": (world) => world,
  "put on probation": (world) => withTimer(world, "steady"),
  trust: (world) => withTimer(world, "calm"),
  "count break": (world) => ({ ...world, breaks: Math.min(world.breaks + 1, MANY_BREAKS) }),
  "forget breaks": (world) => ({ ...world, breaks: 0 }),
  "poll now": (world) => withTimer(world, "poll"),
  "poll soon": (world) => withTimer(world, "poll"),
  "poll later": (world) => withTimer(world, "poll"),
  unpoll: (world) => ({ ...withoutTimer(world, "poll"), asking: false }),
  ask: (world) => ({ ...world, asking: true }),
  "say live": (world) => ({ ...world, shown: "live" }),
  "say polling": (world) => ({ ...world, shown: "polling" }),
  "say offline": (world) => ({ ...world, shown: "offline" }),
};

function withTimer(world, name) {
  return { ...world, timers: [...new Set([...world.timers, name])].sort() };
}

function withoutTimer(world, name) {
  return { ...world, timers: world.timers.filter((timer) => timer !== name) };
}

function withoutStream(world) {
  return ["retry", "steady", "calm"].reduce(withoutTimer, { ...world, stream: "none" });
}

const BEGINNING = { state: "closed", stream: "none", timers: [], asking: false, breaks: 0, shown: "" };

/** What can happen next in a world. */
function possible(world) {
  const hello = world.breaks >= MANY_BREAKS ? "hello-again" : "hello";
  return [
    ...WANTS,
    ...(world.stream === "asked" ? [hello, "broke"] : []),
    ...(world.stream === "there" ? ["frame", "broke"] : []),
    ...world.timers,
    ...(world.asking ? POLLS : []),
  ];
}

/** The world once it has happened. */
function after(world, event) {
  const [state, ...effects] = step(world.state, event);
  let next = { ...world, state };
  if (event.startsWith("hello")) next.stream = "there";
  if (event === "broke") next.stream = "none";
  if (TIMES.includes(event)) next = withoutTimer(next, event);
  if (POLLS.includes(event)) next.asking = false;
  for (const effect of effects) next = EFFECTS[effect](next);
  return next;
}

/** Every world that can come about, with the shortest way to it. */
function explore() {
  const ways = new Map([[JSON.stringify(BEGINNING), []]]);
  const waiting = [BEGINNING];
  for (const world of waiting) {
    for (const event of possible(world)) {
      const next = after(world, event);
      const key = JSON.stringify(next);
      if (ways.has(key)) continue;
      ways.set(key, [...ways.get(JSON.stringify(world)), event]);
      waiting.push(next);
    }
  }
  return [...ways].map(([key, way]) => [JSON.parse(key), way.join(" ")]);
}

const WORLDS = explore();

/** Holds in every world that can come about; else the shortest way to one where it does not. */
function always(holds) {
  for (const [world, way] of WORLDS) assert.ok(holds(world), `${way} -> ${JSON.stringify(world)}`);
}

test("every state and event of the table is known, and each leads to a state of the table", () => {
  for (const [state, row] of Object.entries(TABLE)) {
    for (const [event, [next, ...effects]] of Object.entries(row)) {
      assert.ok(EVENTS.includes(event), `${state}: ${event}`);
      assert.ok(next in TABLE, `${state} ${event}: ${next}`);
      for (const effect of effects) assert.ok(effect in EFFECTS, `${state} ${event}: ${effect}`);
    }
  }
});

test("what is not in the table changes nothing", () => {
  for (const state of Object.keys(TABLE)) {
    for (const event of EVENTS.filter((one) => !(one in TABLE[state]))) assert.deepEqual(step(state, event), [state]);
  }
});

test("every state can come about, and every line of the table happens", () => {
  assert.deepEqual(new Set(WORLDS.map(([world]) => world.state)), new Set(Object.keys(TABLE)));
  const happens = new Set(WORLDS.flatMap(([world]) => possible(world).map((event) => `${world.state} ${event}`)));
  const lines = Object.entries(TABLE).flatMap(([state, row]) => Object.keys(row).map((event) => `${state} ${event}`));
  assert.deepEqual(
    lines.filter((line) => !happens.has(line)),
    [],
  );
});

test("nothing that a stream, a timer or a poll tells goes unheard", () => {
  for (const [world, way] of WORLDS) {
    for (const event of possible(world)) {
      if (!WANTS.includes(event)) assert.ok(event in TABLE[world.state], `${way}: ${event} in ${world.state}`);
    }
  }
});

test("whoever is closed holds nothing open", () => {
  always(
    ({ state, stream, timers, asking }) => state !== "closed" || (stream === "none" && timers.length === 0 && !asking),
  );
});

test("nobody is ever stuck: there is a stream, or one is due, or a poll", () => {
  always(
    ({ state, stream, timers, asking }) =>
      state === "closed" || stream !== "none" || asking || timers.includes("retry") || timers.includes("poll"),
  );
});

test("a stream is asked for again until one is there, but in a tab at rest", () => {
  always(
    ({ state, stream, timers }) =>
      ["closed", "resting"].includes(state) || stream !== "none" || timers.includes("retry"),
  );
  always(({ state, stream, timers }) => state !== "resting" || (stream === "none" && !timers.includes("retry")));
});

test("without a stream that is trusted, it is polled: from the first break on", () => {
  const without = ["closed", "opening", "live"];
  always(({ state, timers, asking }) => (timers.includes("poll") || asking) === !without.includes(state));
});

test("live is said when and only when a stream is there and trusted", () => {
  always(({ state, stream, shown }) => state !== "live" || (stream === "there" && shown === "live"));
  always(({ state, stream }) => (stream === "there") === ["live", "probation"].includes(state));
  always(({ state, shown }) => !["polling", "offline"].includes(state) || shown === state);
});

test("a first break says nothing, and neither does a stream before it greets", () => {
  for (const [world, way] of WORLDS) {
    if (!["opening", "blink"].includes(world.state)) continue;
    for (const event of possible(world)) {
      const { shown } = after(world, event);
      if (!event.startsWith("hello")) assert.equal(shown, world.shown, `${way} ${event}`);
    }
  }
});

test("a stream that broke again and again must last before it is trusted", () => {
  for (const [world, way] of WORLDS) {
    if (world.stream === "asked" && world.breaks >= MANY_BREAKS) {
      assert.notEqual(after(world, "hello-again").state, "live", way);
    }
  }
});

/** From each world on, where of all that can happen only these do, each in its turn. */
function comesTo(goal, happens) {
  for (const [world, way] of WORLDS) {
    if (["closed", "resting"].includes(world.state)) continue;
    let now = world;
    let turns = happens;
    for (let steps = 0; steps < 12 && !goal(now); steps += 1) {
      const can = possible(now);
      const event = turns.find((candidate) => can.includes(candidate));
      now = after(now, event);
      turns = [...turns.filter((turn) => turn !== event), event];
    }
    assert.ok(goal(now), `${way} -> ${JSON.stringify(now)}`);
  }
}

test("where the server answers, each way leads to live", () => {
  comesTo(({ state }) => state === "live", ["hello", "hello-again", "steady", "retry", "answered", "poll"]);
});

test("where nothing answers, each way leads to saying so", () => {
  const said = ({ state, shown }) => state === "offline" && shown === "offline";
  comesTo(said, ["broke", "unanswered", "retry", "poll"]);
});

test("where polls alone are answered, each way leads to saying so", () => {
  comesTo(({ state }) => state === "polling", ["broke", "answered", "retry", "poll"]);
});
