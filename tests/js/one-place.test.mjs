// What there is one place for has one: read from the scripts themselves, so that a second one is found at once.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import * as durations from "../../callcrm/static/js/shared/durations.js";

const JS = "callcrm/static/js/";
const SOURCES = readdirSync(JS, { recursive: true })
  .filter((name) => name.endsWith(".js"))
  .map((name) => ({ name: name.replaceAll("\\", "/"), text: readFileSync(JS + name, "utf8") }));

/** The scripts that hold this, but for the one whose place it is. */
const besides = (place, pattern) =>
  SOURCES.filter(({ name, text }) => name !== place && pattern.test(text)).map(({ name }) => name);
const holds = (place, pattern) => pattern.test(readFileSync(JS + place, "utf8"));

const PLACES = [
  [
    "the page is patched",
    "shared/patch.js",
    /\bhtmx\.(?:swap|ajax|process|trigger)|\bDOMParser\b|"htmx:(?:before|after):swap"/u,
  ],
  ["requests are made", "shared/http.js", /\bfetch\(/u],
  ["the token is known", "shared/http.js", /csrf|CSRF-Token"/u],
  ["keys are listened to", "shared/keys.js", /"key(?:down|up|press)"|\bevent\.(?:key|code)\b|\bkeyCode\b/u],
  ["the prefix of addresses is known", "shared/addresses.js", /dataset\.prefix|\blocation\.(?!reload\b)\w+/u],
  ["a stream is opened", "live/stream.js", /new EventSource\b/u],
];

for (const [what, place, pattern] of PLACES) {
  test(`${what} by ${place} alone`, () => {
    assert.ok(holds(place, pattern));
    assert.deepEqual(besides(place, pattern), []);
  });
}

test("whatever is opened besides requests is opened below the prefix", () => {
  assert.deepEqual(besides("", /(?<!pathOf\(\w+\.)getAttribute\("(?:action|href|src)"\)/u), []);
  assert.deepEqual(besides("", /new (?:EventSource\((?!addressOf\()|WebSocket\((?!socketAddressOf\())/u), []);
});

test("nobody writes markup", () => {
  assert.deepEqual(
    besides("", /\.(?:inner|outer)HTML\b|insertAdjacentHTML|setHTML|createContextualFragment|document\.write/u),
    [],
  );
});

test("nobody evaluates text, or wants a style or a script from elsewhere", () => {
  assert.deepEqual(
    besides("", /\beval\(|new Function\b|setTimeout\(["'`]|createElement\("(?:script|style|link)"|https?:\/\//u),
    [],
  );
});

test("no wait, interval or time limit is a number: each has a name in durations.js", () => {
  const waits = /\b(?:setTimeout|setInterval|AbortSignal\.timeout)\((?<call>[^;]*?)\)(?=[;,)\s])/gsu;
  for (const { name, text } of SOURCES) {
    const calls = [...text.matchAll(waits)].map(({ groups }) => groups.call);
    assert.deepEqual(
      calls.filter((call) => /(?:,|^)\s*[\d_]+\s*$/u.test(call)),
      [],
      name,
    );
  }
});

test("every duration is used, and is a time", () => {
  const all = SOURCES.filter(({ name }) => name !== "shared/durations.js")
    .map(({ text }) => text)
    .join("\n");
  for (const [name, value] of Object.entries(durations)) {
    assert.match(all, new RegExp(`\\b${name}\\b`, "u"));
    assert.ok(
      [value].flat().every((time) => Number.isInteger(time) && time > 0 && time <= 60_000),
      name,
    );
  }
});

test("no script stands in a folder with more than fifteen, and each folder has its own noun", () => {
  const folders = new Map();
  for (const { name } of SOURCES) {
    const [folder] = name.split("/");
    folders.set(folder, [...(folders.get(folder) ?? []), name]);
  }
  const nouns = ["answers", "calls", "complaints", "contacts", "customers", "demo", "desk", "live", "notes"];
  assert.deepEqual([...folders.keys()].sort(), [...nouns, "shared", "subjects"]);
  for (const [folder, files] of folders) assert.ok(files.length <= 15, folder);
});
