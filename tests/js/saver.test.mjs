// A note on its way: saved soon and in order, again until it has arrived, and never lost on the way.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { clientId } from "../../callcrm/static/js/notes/unsaved.js";
import { SAVE_INTERVAL, SAVE_PAUSE, SAVE_RETRY, UNSAVED_NOTICE } from "../../callcrm/static/js/shared/durations.js";
import { settle, stopClock, wait } from "./fakes.mjs";
import { note, World } from "./note-server.mjs";

beforeEach(stopClock);

const LOST = () => new TypeError("network");

// --- soon, and in order ---

test("it is saved once typing stops, with the page's token", async (t) => {
  const world = new World(t);
  const [saver, states] = note();
  saver.change("T");
  await wait(SAVE_PAUSE - 50);
  saver.change("Th");
  await wait(SAVE_PAUSE - 50);
  assert.deepEqual(world.sent, []);
  await wait(50);
  assert.deepEqual(world.sent, ["Th"]);
  const [{ path, method, headers, call, version, edit_seq, client_id }] = world.puts;
  assert.deepEqual([path, method, call, version, edit_seq], [`/notes/${saver.id}`, "PUT", "call_1", "0", "2"]);
  assert.deepEqual([client_id, headers["X-CSRF-Token"]], [clientId, "token-1"]);
  assert.deepEqual([states, saver.dirty, saver.offset], [["dirty", "saved"], false, "0:12"]);
});

test("whoever types on is saved all the same, every two seconds", async (t) => {
  const world = new World(t);
  const [saver] = note();
  for (let letters = 1; letters <= 50; letters += 1) {
    saver.change("x".repeat(letters));
    await wait(100);
  }
  assert.deepEqual(
    world.sent.map(({ length }) => length),
    [20, 40],
  );
  assert.ok(SAVE_INTERVAL === 2000);
});

test("one save is on its way at a time, and each goes on from the version before", async (t) => {
  const world = new World(t);
  world.holds = true;
  const [saver, states] = note();
  saver.change("one");
  await wait(SAVE_PAUSE);
  saver.change("one two");
  await wait(SAVE_PAUSE * 3);
  assert.deepEqual(world.sent, ["one"]);
  await world.letGo();
  assert.equal(saver.state, "dirty");
  await wait(SAVE_PAUSE);
  await world.letGo();
  assert.deepEqual(
    world.puts.map(({ text, version, edit_seq }) => [text, version, edit_seq]),
    [
      ["one", "0", "1"],
      ["one two", "1", "2"],
    ],
  );
  assert.deepEqual([states.at(-1), world.kept], ["saved", []]);
});

test("what is sent tells how long ago it was begun, not when: this machine's clock may be wrong", async (t) => {
  const world = new World(t);
  const [saver] = note();
  saver.change("a");
  await wait(SAVE_PAUSE);
  saver.change("ab");
  await wait(SAVE_PAUSE);
  assert.deepEqual(
    world.puts.map(({ age_ms }) => age_ms),
    ["400", "800"],
  );
});

// --- answers that are lost ---

test("a save without an answer is sent again just so, until there is one", async (t) => {
  const world = new World(t);
  world.answers = [LOST(), LOST(), [502, "<h1>Bad gateway</h1>"]];
  const [saver, states] = note();
  saver.change("Thursday");
  await wait(SAVE_PAUSE);
  assert.deepEqual([saver.state, world.kept], ["lost", ["Thursday"]]);
  await wait(SAVE_RETRY * 3);
  assert.equal(world.puts.length, 4);
  const repeats = new Set(
    world.puts.map(({ path, version, edit_seq, text }) => [path, version, edit_seq, text].join(" ")),
  );
  assert.equal(repeats.size, 1);
  assert.deepEqual([states, world.kept], [["dirty", "lost", "lost", "lost", "saved"], []]);
});

test("as soon as the connection is back it is tried, without waiting", async (t) => {
  const world = new World(t);
  world.answers = [LOST()];
  const [saver] = note();
  saver.change("Thursday");
  await wait(SAVE_PAUSE);
  saver.retry();
  await settle();
  assert.deepEqual([world.puts.length, saver.state], [2, "saved"]);
  saver.retry();
  await settle();
  assert.equal(world.puts.length, 2);
});

test("offline, all that is typed on is kept in this browser, and one save brings it all", async (t) => {
  const world = new World(t);
  world.answers = Array.from({ length: 4 }, LOST);
  const [saver] = note();
  saver.change("typed");
  await wait(SAVE_PAUSE);
  saver.change("typed while it was away");
  await wait(SAVE_PAUSE);
  assert.deepEqual([world.kept, saver.inBrowser], [["typed while it was away"], true]);
  await wait(SAVE_RETRY * 4);
  assert.deepEqual([world.sent.at(-1), saver.state, world.kept], ["typed while it was away", "saved", []]);
});

test("where this browser has no room, it says so and goes on trying", async (t) => {
  const world = new World(t, 10);
  world.answers = [LOST()];
  const [saver] = note();
  saver.change("Thursday");
  await wait(SAVE_PAUSE);
  assert.deepEqual([saver.state, saver.inBrowser], ["lost", false]);
  await wait(SAVE_RETRY);
  assert.equal(saver.state, "saved");
});

test("a save that takes too long is said to be late, once", async (t) => {
  const world = new World(t);
  world.holds = true;
  const [saver, states] = note();
  saver.change("Thursday");
  await wait(UNSAVED_NOTICE + 1000);
  assert.deepEqual(states, ["dirty", "late"]);
  await world.letGo();
  assert.deepEqual(states, ["dirty", "late", "saved"]);
});

// --- answers that say no ---

test("a session that has ended is not asked again, and the text stays here", async (t) => {
  const world = new World(t);
  world.answers = [[401, "<form>"]];
  const [saver] = note();
  saver.change("Thursday");
  await wait(SAVE_PAUSE + SAVE_RETRY * 3);
  assert.deepEqual([saver.state, world.puts.length, world.kept], ["out", 1, ["Thursday"]]);
});

test("a refusal tells why and is not repeated; an answer without a reason is no answer of ours", async (t) => {
  const world = new World(t);
  world.answers = [[413, { message: "Too long." }]];
  const [saver] = note();
  saver.change("Thursday");
  await wait(SAVE_PAUSE + SAVE_RETRY * 2);
  assert.deepEqual([saver.state, saver.reason, world.puts.length], ["refused", "Too long.", 1]);
  world.answers = [[404, "<h1>nginx</h1>"]];
  saver.change("Thursday!");
  await wait(SAVE_PAUSE);
  assert.equal(saver.state, "lost");
});

// --- two texts ---

async function clashing(t) {
  const world = new World(t);
  world.answers = [[409, { body: "theirs", version: 5 }]];
  const [saver, states] = note();
  saver.change("mine");
  await wait(SAVE_PAUSE);
  assert.deepEqual([saver.state, saver.theirs, world.kept], ["clash", { body: "theirs", version: 5 }, ["mine"]]);
  return [world, saver, states];
}

test("a text that was changed elsewhere is sent no more before somebody has chosen", async (t) => {
  const [world, saver] = await clashing(t);
  saver.change("mine, and more");
  saver.retry();
  saver.leave();
  await wait(SAVE_RETRY * 2);
  assert.deepEqual([world.puts.length, world.kept], [1, ["mine, and more"]]);
});

test("what was chosen goes on from the version that stood there", async (t) => {
  const [world, saver] = await clashing(t);
  world.version = 5;
  saver.choose("mine\ntheirs");
  await settle();
  assert.deepEqual([world.puts[1].text, world.puts[1].version, saver.state], ["mine\ntheirs", "5", "saved"]);
  assert.equal(saver.version, 6);
});

test("whoever chooses theirs has nothing to send", async (t) => {
  const [world, saver] = await clashing(t);
  saver.choose("theirs");
  await settle();
  assert.deepEqual([world.puts.length, saver.state, saver.version, world.kept], [1, "saved", 5, []]);
});

test("where nobody can choose, it becomes a note of its own", async (t) => {
  const [world, saver] = await clashing(t);
  const { id } = saver;
  await saver.part();
  assert.notEqual(saver.id, id);
  assert.deepEqual([world.puts[1].path, world.puts[1].version], [`/notes/${saver.id}`, "0"]);
  assert.deepEqual([saver.state, world.kept], ["saved", []]);
});

// --- the end of a text ---

test("a finished text says so with its last save, and is done", async (t) => {
  const world = new World(t);
  const [saver, states] = note();
  saver.change("Thursday");
  assert.equal(await saver.finish(), true);
  assert.deepEqual(
    world.puts.map(({ text, finish }) => [text, finish]),
    [["Thursday", "yes"]],
  );
  await wait(SAVE_PAUSE * 3);
  assert.deepEqual([world.puts.length, states.at(-1)], [1, "done"]);
});

test("a text finished while a save is on its way is sent after it, not with it", async (t) => {
  const world = new World(t);
  world.holds = true;
  const [saver] = note();
  saver.change("Thursday");
  await wait(SAVE_PAUSE);
  const finished = saver.finish();
  await settle();
  assert.equal(world.puts.length, 1);
  await world.letGo();
  assert.notEqual(saver.state, "done");
  await world.letGo();
  assert.deepEqual(
    [await finished, world.puts.map(({ finish }) => finish), saver.state],
    [true, [undefined, "yes"], "done"],
  );
});

test("an emptied text is no note any more, and the next letter begins another", async (t) => {
  const world = new World(t);
  const [saver] = note();
  saver.change("x");
  await wait(SAVE_PAUSE);
  const { id } = saver;
  saver.change("");
  await wait(SAVE_PAUSE);
  assert.deepEqual([saver.state, saver.version, saver.begun], ["gone", 0, null]);
  assert.notEqual(saver.id, id);
  saver.change("y");
  await wait(SAVE_PAUSE);
  assert.deepEqual([world.puts.at(-1).path, world.puts.at(-1).version], [`/notes/${saver.id}`, "0"]);
});

test("as the page goes, what is not saved is sent without waiting for an answer", async (t) => {
  const world = new World(t);
  const [saver] = note();
  saver.change("Thursday");
  saver.leave();
  await settle();
  assert.deepEqual(
    world.puts.map(({ text, keepalive }) => [text, keepalive]),
    [["Thursday", true]],
  );
  assert.deepEqual(world.kept, ["Thursday"]);
});
