// The stream subscribes to what the page names, and to nothing else.

import assert from "node:assert/strict";
import { test } from "node:test";
import { openStream } from "../../callcrm/static/js/live/stream.js";
import { joinTabs, takeTurns } from "../../callcrm/static/js/live/tabs.js";
import { FakeLocks, pretend, settle } from "./fakes.mjs";

class FakeEventSource {
  listeners = new Map();

  constructor(url) {
    this.url = url;
    FakeEventSource.last = this;
  }

  addEventListener(name, listener) {
    this.listeners.set(name, listener);
  }

  bring(name, data, lastEventId = "") {
    this.listeners.get(name)({ data, lastEventId });
  }
}

function opened(t, kinds, mark = null) {
  pretend(t, { EventSource: FakeEventSource, document: { documentElement: { dataset: { prefix: "/crm" } } } });
  const told = [];
  const tell =
    (name) =>
    (...what) =>
      told.push([name, ...what]);
  const handlers = { frame: tell("frame"), hello: tell("hello"), item: tell("item"), broke: tell("broke") };
  openStream(kinds, mark, handlers);
  return [FakeEventSource.last, told];
}

test("it subscribes to exactly the kinds of the page, and to what streams say of themselves", (t) => {
  const [source] = opened(t, ["call.updated", "weather.updated"]);
  assert.equal(source.url, "/crm/desk/events?after=");
  assert.deepEqual([...source.listeners.keys()].sort(), [
    "call.updated",
    "error",
    "hello",
    "pulse",
    "waiting",
    "weather.updated",
  ]);
});

test("each event tells first where to go on from, then what is new", (t) => {
  const [source, told] = opened(t, ["call.updated"], "3 4");
  assert.equal(source.url, "/crm/desk/events?after=3+4");
  source.bring("hello", "1", "5");
  source.bring("call.updated", "call_1", "6");
  source.bring("waiting", '"<b>"');
  source.bring("pulse", "1");
  source.bring("error");
  assert.deepEqual(told, [
    ["frame", "5"],
    ["hello"],
    ["frame", "6"],
    ["item", "call.updated", "call_1"],
    ["frame", ""],
    ["item", "waiting", "<b>"],
    ["frame", ""],
    ["broke"],
  ]);
});

test("one tab leads, the next one waits and takes over when it goes", async (t) => {
  const locks = new FakeLocks();
  pretend(t, { navigator: { locks } });
  const told = [];
  const turns = (tab) => ({ lead: () => told.push(`${tab} leads`), wait: async () => told.push(`${tab} waits`) });
  takeTurns("x", turns("first"));
  takeTurns("x", turns("second"));
  await settle();
  assert.deepEqual(told, ["first leads", "second waits"]);
  locks.release("x");
  await settle();
  assert.deepEqual(told.slice(2), ["second leads"]);
});

test("where tabs can't speak to each other, what is said is lost without harm", (t) => {
  pretend(t, { BroadcastChannel: undefined });
  delete globalThis.BroadcastChannel;
  assert.doesNotThrow(() => joinTabs("x", assert.fail)({ hello: true }));
});
