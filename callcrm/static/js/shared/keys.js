// Every key of the pages, in one table: what is pressed, where, and the action it asks for. Whoever can act binds
// the action (`onKeys`); a key whose action nobody on this page has bound is left to the browser.
//
// Letters go by the key's place, so that they are the same whatever alphabet the keyboard is set to: N is also د.

/**
 * @typedef {object} Key
 * @property {string} press as `aria-keyshortcuts` writes it; "G D" is first one, then the other
 * @property {string} action
 * @property {boolean} [typing] also in fields, and for those who have switched single letters off (WCAG 2.1.4)
 * @property {boolean} [held] again and again while the key is held down
 */

/** @typedef {"page" | "note" | "form" | "contact" | "tree" | "row" | "player" | "keypad"} Scope */

/** @type {Record<Scope, readonly Key[]>} */
export const KEYS = {
  page: [
    { press: "F2", action: "answer", typing: true },
    { press: "F4", action: "mute", typing: true },
    { press: "F9", action: "hangUp", typing: true },
    { press: "Alt+N", action: "nextNote", typing: true },
    { press: "Escape", action: "close", typing: true },
    { press: "N", action: "writeNote" },
    { press: "/", action: "find" },
    { press: "C", action: "logContact" },
    { press: "?", action: "showKeys" },
    ...Array.from("123456789", (press) => ({ press, action: "choose" })),
    { press: "J", action: "nextRow", held: true },
    { press: "K", action: "previousRow", held: true },
    { press: "X", action: "selectRow" },
    { press: "G D", action: "goToDesk" },
    { press: "G C", action: "goToCustomers" },
    { press: "G L", action: "goToCalls" },
    { press: "G P", action: "goToPromises" },
  ],
  // The field of a note.
  note: [
    { press: "Control+Enter", action: "nextLine", typing: true },
    { press: "Meta+Enter", action: "nextLine", typing: true },
  ],
  // A form that opens within a note sheet.
  form: [{ press: "Escape", action: "close", typing: true }],
  // What a contact was, on the buttons of its form.
  contact: [
    ...Array.from("VLEC", (press) => ({ press, action: "chooseKind", typing: true })),
    { press: "Enter", action: "send", typing: true },
  ],
  // The names of a tree of subjects.
  tree: [
    { press: "Enter", action: "addBelow", typing: true },
    { press: "Backspace", action: "remove", typing: true },
    { press: "Alt+ArrowUp", action: "moveUp", typing: true },
    { press: "Alt+ArrowDown", action: "moveDown", typing: true },
    { press: "Alt+ArrowLeft", action: "moveLeft", typing: true, held: true },
    { press: "Alt+ArrowRight", action: "moveRight", typing: true, held: true },
  ],
  // A row of the list of calls, while its recording is open.
  row: [{ press: "Escape", action: "close", typing: true }],
  // The slider of a player.
  player: [
    { press: "Space", action: "toggle", typing: true },
    { press: "ArrowLeft", action: "back", typing: true, held: true },
    { press: "ArrowDown", action: "back", typing: true, held: true },
    { press: "ArrowRight", action: "on", typing: true, held: true },
    { press: "ArrowUp", action: "on", typing: true, held: true },
    { press: "PageDown", action: "farBack", typing: true, held: true },
    { press: "PageUp", action: "farOn", typing: true, held: true },
    { press: "Home", action: "toBegin", typing: true },
    { press: "End", action: "toEnd", typing: true },
  ],
  // The demo's telephone.
  keypad: Array.from("0123456789*#", (press) => ({ press, action: "dial" })),
};

// What a key does where nobody types hangs on nothing but this page; the switch is for single letters of a whole page.
const SWITCHED = "page";
const FIELDS = "input, textarea, select, [contenteditable]";
const LETTER = /^\p{L}$/u;
const PLACE = /^(?:Key|Digit)(.)$/u;
const ASCII = /[\x20-\x7e]/u;

/**
 * What was pressed, as the table writes it.
 * @param {Pick<KeyboardEvent, "key" | "code" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey">} event
 */
export function pressOf(event) {
  const key = keyOf(event);
  // A sign or a digit may need Shift on one keyboard and not on another; a letter or an F-key with it is another key.
  const shift = event.shiftKey && (key.length > 1 || LETTER.test(key));
  const held = [event.ctrlKey && "Control", event.metaKey && "Meta", event.altKey && "Alt", shift && "Shift"];
  return [...held.filter(Boolean), key].join("+");
}

/** @param {Parameters<typeof pressOf>[0]} event */
function keyOf({ key, code, altKey, shiftKey }) {
  if (key === " ") return "Space";
  const place = PLACE.exec(code)?.[1];
  if (altKey && place) return place; // Alt makes another letter, or none, of it on some machines
  if (key.length > 1 || ASCII.test(key)) return key.length === 1 ? key.toUpperCase() : key;
  if (code === "Slash") return shiftKey ? "?" : "/";
  return (place ?? key).toUpperCase();
}

/**
 * What the page is like when a key is pressed.
 * @typedef {object} Moment
 * @property {boolean} letters whether single letters are switched on
 * @property {boolean} typing whether the key goes into a field
 * @property {boolean} dialog whether a dialog is open over the page
 */

/**
 * The key of the table that is meant, if any.
 * @param {Scope} scope
 * @param {Pick<KeyboardEvent, "key" | "code" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey" | "repeat">} event
 * @param {Moment} moment
 * @param {string} [before] what was pressed just before
 * @returns {Key | undefined}
 */
export function meant(scope, event, moment, before = "") {
  const press = pressOf(event);
  const bare = !moment.typing && !moment.dialog && (moment.letters || scope !== SWITCHED);
  const keys = KEYS[scope].filter((key) => (key.typing || bare) && (key.held || !event.repeat));
  return keys.find((key) => key.press === `${before} ${press}`) ?? keys.find((key) => key.press === press);
}

/**
 * Acts on the keys of a scope that are pressed within `root`. An action that returns false has not been for it: the
 * browser goes on with the key.
 * @param {Scope} scope
 * @param {Record<string, (press: string, target: Element) => unknown>} actions
 * @param {Document | HTMLElement} [root]
 */
export function onKeys(scope, actions, root = document) {
  let before = "";
  root.addEventListener("keydown", (event) => {
    if (!(event instanceof KeyboardEvent) || event.isComposing || event.defaultPrevented) return;
    const target = event.target instanceof Element ? event.target : document.body;
    const moment = {
      letters: document.body.dataset.shortcuts === "on",
      typing: target.closest(FIELDS) !== null,
      dialog: document.querySelector("dialog[open]") !== null,
    };
    const key = meant(scope, event, moment, before);
    const press = pressOf(event);
    if (!moment.typing) before = press;
    const act = key && actions[key.action];
    if (act && act(press, target) !== false) event.preventDefault();
  });
}
