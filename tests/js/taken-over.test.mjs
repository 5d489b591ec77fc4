// What closed pages left behind: taken over by another page of the same person, sent once, in order, and never lost.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { deliver, Saver } from "../../callcrm/static/js/notes/saver.js";
import { clientId, recover } from "../../callcrm/static/js/notes/unsaved.js";
import { SAVE_PAUSE } from "../../callcrm/static/js/shared/durations.js";
import { FakeLocks, settle, stopClock, wait } from "./fakes.mjs";
import { World } from "./note-server.mjs";

beforeEach(stopClock);

/** A text that another page of this browser left. */
function left(overrides = {}) {
  const entry = { user: "ana", about: "call=call_1", id: "note_1", version: 3, text: "left", begun: Date.now() - 1000 };
  return { ...entry, editSeq: 9, finishing: false, clientId: "another", at: Date.now() - 500, ...overrides };
}

function keepEntry({ storage }, entry) {
  storage.setItem(`callcrm:note:${entry.user}:${entry.id}:${entry.clientId}`, JSON.stringify(entry));
}

test("a text that a closed page left is sent just as that page would have sent it again", async (t) => {
  const world = new World(t);
  keepEntry(world, left());
  await deliver(left());
  const [{ path, version, edit_seq, client_id, text }] = world.puts;
  assert.deepEqual([path, version, edit_seq, client_id, text], ["/notes/note_1", "3", "9", "another", "left"]);
  assert.deepEqual(world.kept, []);
});

test("once taken over, what is typed on goes by this page's name", async (t) => {
  const world = new World(t);
  const saver = Saver.recovered(left(), () => {});
  await saver.flush();
  saver.change("left, and taken up");
  await wait(SAVE_PAUSE);
  assert.deepEqual(
    world.puts.map(({ client_id, edit_seq }) => [client_id, edit_seq]),
    [
      ["another", "9"],
      [clientId, "10"],
    ],
  );
});

test("a later save of the page that left it was there first: its text stands", async (t) => {
  const world = new World(t);
  world.answers = [[200, { body: "the later text", version: 4 }]];
  keepEntry(world, left());
  const saver = Saver.recovered(left(), () => {});
  assert.equal(await saver.flush(), true);
  assert.deepEqual([saver.text, saver.version, saver.state, saver.dirty], ["the later text", 4, "saved", false]);
  assert.deepEqual([world.puts.length, world.kept], [1, []]);
});

test("a text left behind that clashes becomes a note of its own, and both stay", async (t) => {
  const world = new World(t);
  world.answers = [[409, { body: "theirs", version: 5 }]];
  keepEntry(world, left());
  await deliver(left());
  await settle();
  const [first, second] = world.puts;
  assert.notEqual(first.path, second.path);
  assert.deepEqual([second.text, second.version, second.client_id, world.kept], ["left", "0", clientId, []]);
});

test("a page's texts are handed on in the order they were begun, and a page that lives keeps its own", async (t) => {
  const world = new World(t);
  const locks = new FakeLocks();
  globalThis.navigator.locks = locks;
  keepEntry(world, left({ id: "note_2", text: "second", begun: 2 }));
  keepEntry(world, left({ id: "note_1", text: "first", begun: 1 }));
  keepEntry(world, left({ id: "note_3", text: "alive", clientId: "living" }));
  keepEntry(world, left({ id: "note_4", text: "somebody else's", user: "ben" }));
  keepEntry(world, left({ id: "note_5", text: "ours", clientId }));
  locks.request("callcrm-client-living", () => new Promise(() => {}));
  const taken = [];
  recover("ana", async ({ text }) => taken.push(text));
  await settle();
  assert.deepEqual(taken, ["first", "second"]);
  locks.release("callcrm-client-living"); // that page has gone
  await settle();
  assert.deepEqual(taken, ["first", "second", "alive"]);
});
