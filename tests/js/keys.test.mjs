// Keys: F-keys act while somebody types, letters outside of fields only and where they are switched on, and all of
// them by their place on the keyboard, whatever alphabet it is set to.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { KEYS, meant, onKeys, pressOf } from "../../callcrm/static/js/shared/keys.js";
import { pretend } from "./fakes.mjs";

const HANDS_FREE = { letters: true, typing: false, dialog: false };
const BARE = { ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, repeat: false };

/** A key: its place on the keyboard, and what the keyboard makes of it. */
const key = (code, made, held = {}) => ({ code, key: made, ...BARE, ...held });
const action = (event, moment = HANDS_FREE, before = "") => meant("page", event, moment, before)?.action;

test("F-keys act, wherever one is and however letters are set", () => {
  for (const typing of [true, false]) {
    for (const letters of [true, false]) {
      const moment = { letters, typing, dialog: false };
      const acts = ["F2", "F4", "F9"].map((name) => action(key(name, name), moment));
      assert.deepEqual(acts, ["answer", "mute", "hangUp"]);
    }
  }
  assert.equal(action(key("F2", "F2"), { letters: true, typing: false, dialog: true }), "answer");
});

test("an F-key with another key held is the browser's", () => {
  for (const held of ["ctrlKey", "metaKey", "altKey", "shiftKey"]) {
    assert.equal(action(key("F4", "F4", { [held]: true })), undefined, held);
  }
});

test("letters are letters in a field, in a dialog, and for those who switched them off", () => {
  const letter = key("KeyN", "n");
  assert.equal(action(letter), "writeNote");
  assert.equal(action(letter, { ...HANDS_FREE, typing: true }), undefined);
  assert.equal(action(letter, { ...HANDS_FREE, dialog: true }), undefined);
  assert.equal(action(letter, { ...HANDS_FREE, letters: false }), undefined);
  for (const held of ["ctrlKey", "metaKey", "shiftKey"])
    assert.equal(action(key("KeyN", "n", { [held]: true })), undefined);
});

test("the way to the next note is there while typing, by the key's place", () => {
  const moment = { letters: false, typing: true, dialog: false };
  for (const made of ["n", "N", "ñ", "Dead", "د"]) {
    assert.equal(action(key("KeyN", made, { altKey: true }), moment), "nextNote", made);
  }
});

// What the keys of a Persian keyboard make (ISIRI 9147), where it is not what a Latin one makes.
const PERSIAN = { KeyN: "د", KeyJ: "ت", KeyK: "ن", KeyX: "ط", KeyG: "ل", KeyD: "ی", KeyC: "ز", KeyL: "م", KeyP: "ح" };
const PERSIAN_DIGITS = Object.fromEntries(Array.from("۰۱۲۳۴۵۶۷۸۹", (digit, value) => [`Digit${value}`, digit]));

test("on a Persian keyboard each key means the same", () => {
  for (const [code, made] of Object.entries({ ...PERSIAN, ...PERSIAN_DIGITS })) {
    const latin = code.slice(-1).toLowerCase();
    for (const before of ["", "G"]) {
      assert.equal(action(key(code, made), HANDS_FREE, before), action(key(code, latin), HANDS_FREE, before), code);
    }
    assert.equal(pressOf(key(code, made)), latin.toUpperCase());
  }
  assert.equal(action(key("Slash", "؟", { shiftKey: true })), "showKeys");
  assert.equal(action(key("Slash", "/")), "find");
});

test("signs and digits go by what is made: another keyboard may need Shift for them", () => {
  assert.equal(action(key("Slash", "?", { shiftKey: true })), "showKeys");
  assert.equal(action(key("Minus", "?", { shiftKey: true })), "showKeys"); // German
  assert.equal(action(key("Digit7", "/", { shiftKey: true })), "find"); // German
  assert.equal(action(key("Digit1", "1", { shiftKey: true })), "choose"); // French
  assert.equal(action(key("Digit1", "!", { shiftKey: true })), undefined);
});

test("with Caps Lock a letter is the same letter", () => {
  assert.equal(action(key("KeyJ", "J")), "nextRow");
});

test("G and a letter lead elsewhere; after another key, or for another letter, they do not", () => {
  assert.equal(action(key("KeyG", "g")), undefined);
  assert.equal(action(key("KeyD", "d"), HANDS_FREE, "G"), "goToDesk");
  assert.equal(action(key("KeyD", "d"), HANDS_FREE, "N"), undefined);
  assert.equal(action(key("KeyN", "n"), HANDS_FREE, "G"), "writeNote");
  assert.equal(action(key("KeyD", "d"), { ...HANDS_FREE, letters: false }, "G"), undefined);
});

test("a key that is held down acts once, but for those that go on step by step", () => {
  const held = { repeat: true };
  assert.equal(action(key("F9", "F9", held)), undefined);
  assert.equal(action(key("KeyX", "x", held)), undefined);
  assert.equal(action(key("KeyJ", "j", held)), "nextRow");
  assert.equal(meant("player", key("ArrowLeft", "ArrowLeft", held), HANDS_FREE)?.action, "back");
});

test("the keypad dials by digits and signs, in any script, though letters are switched off", () => {
  const off = { ...HANDS_FREE, letters: false };
  for (const [code, made] of Object.entries(PERSIAN_DIGITS)) {
    const dialled = meant("keypad", key(code, made), off);
    assert.deepEqual([dialled?.action, dialled?.press], ["dial", code.slice(-1)]);
  }
  assert.equal(meant("keypad", key("Digit3", "#", { shiftKey: true }), off)?.press, "#");
  assert.equal(meant("keypad", key("Digit1", "1"), { ...off, typing: true }), undefined);
});

test("no key means two things in one place", () => {
  for (const keys of Object.values(KEYS)) {
    const presses = keys.map(({ press }) => press);
    assert.equal(new Set(presses).size, presses.length);
  }
});

test("every key that a page announces is in the table", () => {
  const templates = readdirSync("templates", { recursive: true }).filter((name) => name.endsWith(".html"));
  const text = templates.map((name) => readFileSync(`templates/${name}`, "utf8")).join("\n");
  const announced = [...text.matchAll(/aria-keyshortcuts="(?<keys>[^"{]+)"/gu)].flatMap(({ groups }) =>
    groups.keys.split(" "),
  );
  assert.ok(announced.length > 5);
  const known = new Set(Object.values(KEYS).flatMap((keys) => keys.map(({ press }) => press)));
  assert.deepEqual(
    announced.filter((press) => !known.has(press)),
    [],
  );
});

// --- pressed on a page ---

class FakeElement extends EventTarget {
  constructor(field = false) {
    super();
    this.field = field;
  }

  closest() {
    return this.field ? this : null;
  }
}

class FakeKeyboardEvent extends Event {
  constructor(pressed) {
    super("keydown", { cancelable: true });
    for (const [name, value] of Object.entries({ isComposing: false, ...pressed }))
      Object.defineProperty(this, name, { value });
  }
}

/** A page whose keys do this; returns how to press one, in a field or outside. */
function page(t, actions, { shortcuts = "on", dialog = null } = {}) {
  const body = Object.assign(new FakeElement(), { dataset: { shortcuts } });
  pretend(t, {
    Element: FakeElement,
    KeyboardEvent: FakeKeyboardEvent,
    document: { body, querySelector: () => dialog },
  });
  const root = new EventTarget();
  onKeys("page", actions, root);
  return (pressed, { field = false } = {}) => {
    const event = new FakeKeyboardEvent(pressed);
    Object.defineProperty(event, "target", { value: new FakeElement(field) });
    root.dispatchEvent(event);
    return event.defaultPrevented;
  };
}

test("a key whose action the page has is taken from the browser, any other is left to it", (t) => {
  const done = [];
  const press = page(t, { answer: () => done.push("answer"), find: () => false });
  const taken = [key("F2", "F2"), key("F4", "F4"), key("Slash", "/"), key("KeyA", "a")].map((pressed) =>
    press(pressed),
  );
  assert.deepEqual([taken, done], [[true, false, false, false], ["answer"]]);
});

test("G and then D, but not with a letter typed in a field between, nor G typed in one", (t) => {
  const done = [];
  const press = page(t, { goToDesk: () => done.push("desk") });
  press(key("KeyG", "g"), { field: true });
  press(key("KeyD", "d"));
  assert.deepEqual(done, []);
  press(key("KeyG", "g"));
  press(key("KeyD", "d"));
  assert.deepEqual(done, ["desk"]);
  press(key("KeyD", "d"));
  assert.deepEqual(done, ["desk"]);
});

test("where letters are switched off only the others act", (t) => {
  const done = [];
  const press = page(
    t,
    { hangUp: () => done.push("hangUp"), writeNote: () => done.push("note") },
    { shortcuts: "off" },
  );
  press(key("KeyN", "n"));
  press(key("F9", "F9"), { field: true });
  assert.deepEqual(done, ["hangUp"]);
});

test("a key that an input method is composing with is none", (t) => {
  const done = [];
  const press = page(t, { nextNote: () => done.push("next"), hangUp: () => done.push("hangUp") });
  press({ ...key("F9", "F9"), isComposing: true });
  press({ ...key("KeyN", "n", { altKey: true }), isComposing: true });
  assert.deepEqual(done, []);
});
