// The notes panel: a sheet for each call that is written about. What is new comes in around whoever types: no field is
// ever replaced, and one that is put away keeps its caret and what can be undone.

import { onLive } from "../live/events.js";
import { build, hasFocus, need, query, queryAll } from "../shared/dom.js";
import { NOTES_GATHER, TYPING_SETTLED } from "../shared/durations.js";
import { fill, number } from "../shared/format.js";
import { get } from "../shared/http.js";
import { onKeys } from "../shared/keys.js";
import { enliven, parse } from "../shared/patch.js";
import { NoteSheet } from "./note-sheet.js";
import { deliver } from "./saver.js";
import { recover } from "./unsaved.js";

const panel = need("#notes-panel", HTMLElement);
const others = need(".open-sheets", HTMLElement, panel);
const othersButton = need("[data-others]", HTMLButtonElement, others);
const othersList = need("ul", HTMLElement, others);
/** @type {Map<string, NoteSheet>} */
const sheets = new Map();
let first = panel.dataset.first ?? ""; // the sheet of the call that is on, or was last
let shown = first;
let typedAt = 0;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let gathering;

/** @param {HTMLElement} element */
function addSheet(element) {
  const sheet = new NoteSheet(element, panel.dataset, { onchange: showOthers, onfinish: finished });
  sheets.set(sheet.key, sheet);
}

/**
 * @param {string} key
 * @param {boolean} focus whether the sheet is to be written in now; else only if the one before was
 */
function show(key, focus) {
  const before = sheets.get(shown);
  const moves = focus || (before && document.activeElement === before.field);
  for (const sheet of sheets.values()) sheet.element.hidden = sheet.key !== key;
  shown = key;
  if (moves) sheets.get(key)?.field.focus({ preventScroll: !focus });
  showOthers();
}

/** What else is being written, one key away. */
function showOthers() {
  const rest = [...sheets.values()].filter(({ key, unfinished }) => key !== shown && (unfinished || key === first));
  const open = rest.filter(({ unfinished }) => unfinished).length;
  const text = open === 1 ? panel.dataset.one : fill(panel.dataset.many, { n: number(open) });
  others.hidden = rest.length === 0;
  need("span", HTMLElement, othersButton).textContent = (open ? text : rest[0]?.title) ?? "";
  if (rest.length < 2) othersList.hidden = true;
  if (rest.length > 1) othersButton.setAttribute("aria-expanded", String(!othersList.hidden));
  else othersButton.removeAttribute("aria-expanded");
  othersList.replaceChildren(...rest.map(choice));
  need("[data-none]", HTMLElement, panel).hidden = sheets.size > 0;
}

/** @param {NoteSheet} sheet */
function choice({ key, title }) {
  const button = build("button", { type: "button", className: "btn plain small", textContent: title });
  button.addEventListener("click", () => {
    othersList.hidden = true;
    show(key, true);
  });
  return build("li", {}, button);
}

/** Goes round the sheets that are being written. */
function showNext() {
  const round = [...sheets.values()].filter(({ key, unfinished }) => key === shown || unfinished || key === first);
  const next = round[(round.findIndex(({ key }) => key === shown) + 1) % round.length];
  if (next) show(next.key, true);
}

function finished() {
  if (shown !== first && sheets.has(first)) show(first, true);
  showOthers();
}

othersButton.addEventListener("click", () => {
  if (othersList.children.length < 2) return showNext();
  othersList.hidden = !othersList.hidden;
  showOthers();
});

panel.addEventListener("input", () => {
  typedAt = Date.now();
});

onKeys("page", { writeNote: () => sheets.get(shown)?.field.focus(), nextNote: showNext });

/** The panel as the server has it now; null if it can't be had. */
async function fetchPanel() {
  try {
    const response = await get("/desk/notes-panel");
    return response.ok ? query("#notes-panel", HTMLElement, parse(await response.text())) : null;
  } catch {
    return null;
  }
}

async function refresh() {
  const askedAt = Date.now();
  const fresh = await fetchPanel();
  if (!fresh) return;
  const elements = new Map(
    queryAll(".sheet", HTMLElement, fresh).map((element) => [element.dataset.key ?? "", element]),
  );
  for (const [key, element] of elements) {
    const sheet = sheets.get(key);
    if (sheet) sheet.refresh(element, askedAt);
    else insert(element);
  }
  for (const [key, sheet] of sheets) {
    if (elements.has(key) || !sheet.spent) continue;
    sheet.element.remove();
    sheets.delete(key);
  }
  const current = fresh.dataset.first ?? "";
  if (current !== first || !sheets.has(shown)) turnTo(current);
  else showOthers();
}

/** @param {HTMLElement} element */
function insert(element) {
  element.hidden = true;
  need("[data-none]", HTMLElement, panel).before(document.adoptNode(element));
  enliven(element);
  addSheet(element);
}

/**
 * Another call is being spoken on: its sheet comes up between two words, not within one.
 * @param {string} key
 */
function turnTo(key) {
  first = key;
  if (!sheets.get(key)?.element.hidden) return showOthers();
  const quiet = Date.now() - typedAt;
  if (quiet < TYPING_SETTLED && hasFocus(panel)) {
    setTimeout(() => first === key && turnTo(key), TYPING_SETTLED - quiet);
    return showOthers();
  }
  show(key, false);
}

onLive(["call.offered", "call.updated", "call.ended", "agent.updated", "again"], () => {
  clearTimeout(gathering);
  gathering = setTimeout(refresh, NOTES_GATHER);
});

/**
 * What a closed page left: into its sheet if that is here, else to the server at once.
 * @param {import("./unsaved.js").Entry} entry
 */
async function takeUp(entry) {
  const sheet = [...sheets.values()].find((candidate) => candidate.awaits(entry));
  if (sheet) {
    await sheet.editor.recover(entry);
  } else {
    await deliver(entry);
    refresh();
  }
}

for (const element of queryAll(".sheet", HTMLElement, panel)) addSheet(element);
showOthers();
recover(panel.dataset.user ?? "", takeUp);
refresh(); // the page before this one may have saved while this one was on its way
