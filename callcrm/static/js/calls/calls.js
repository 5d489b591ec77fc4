// The list of calls: what is new is announced, never pushed in; rows change in their place; players in the row.

import { onLive } from "../live/events.js";
import { delegate, hasFocus, need, query, queryAll } from "../shared/dom.js";
import { NEWS_INTERVAL } from "../shared/durations.js";
import { number } from "../shared/format.js";
import { onKeys } from "../shared/keys.js";
import { afterPatch, load, refresh } from "../shared/patch.js";
import "./call-filters.js";

const TABLE = ".table.calls";

/** @param {string} call */
const rowOf = (call) => query(`${TABLE} tr[data-call="${CSS.escape(call)}"]`, HTMLTableRowElement);

// --- news ---

let counting = false;

/** Asks how many calls are new, once for all that happens meanwhile. */
function countNews() {
  if (counting) return;
  counting = true;
  setTimeout(() => {
    counting = false;
    refresh(query("#news", HTMLElement), "calls:again");
  }, NEWS_INTERVAL);
}

/**
 * Whether somebody works in this row: hears it, has chosen it, or has the focus in it.
 * @param {HTMLElement} row
 */
const inHand = (row) => hasFocus(row) || row.querySelector("[data-player], :checked") !== null;

/** @type {Map<string, boolean>} */
const renewing = new Map(); // of each call, whether more has happened since its row was asked for

/**
 * Draws a row anew in its place; what happens meanwhile is asked for again, to the one that took its place.
 * @param {string} call
 */
async function renew(call) {
  if (renewing.has(call)) {
    renewing.set(call, true);
    return;
  }
  do {
    renewing.set(call, false);
    const row = rowOf(call);
    if (!row || inHand(row)) break;
    await load(`/calls/${call}/row`, row);
  } while (renewing.get(call));
  renewing.delete(call);
}

onLive(["call.offered", "call.updated", "call.ended", "again"], (subject) => {
  if (subject && rowOf(subject)) renew(subject);
  else countNews();
});

// --- the player in the row ---

/** @param {Element} row */
const hearButton = (row) => need("[data-hear]", HTMLElement, row);

delegate("click", `${TABLE} [data-hear]`, HTMLElement, (button) => {
  const row = button.closest("tr");
  if (!row) return;
  if (row.querySelector("[data-player]")) return close(row);
  for (const other of queryAll(`${TABLE} tr:has([data-player])`, HTMLTableRowElement)) close(other);
  row.dataset.wanted = "";
  refresh(button, "hear:now");
});

/** @param {HTMLTableRowElement} row */
function close(row) {
  query("audio", HTMLAudioElement, row)?.pause();
  need(".c-player", HTMLElement, row).replaceChildren();
  row.classList.remove("hearing");
  hearButton(row).setAttribute("aria-expanded", "false");
}

afterPatch(() => {
  const row = query(`${TABLE} tr[data-wanted]:has([data-player])`, HTMLTableRowElement);
  if (!row) return;
  delete row.dataset.wanted;
  row.classList.add("hearing");
  hearButton(row).setAttribute("aria-expanded", "true");
  const play = need("[data-act=toggle]", HTMLElement, row);
  play.focus();
  play.click();
});

const table = query(TABLE, HTMLElement);
if (table) {
  onKeys(
    "row",
    {
      close(_press, target) {
        const row = target.closest("tr.hearing");
        if (!(row instanceof HTMLTableRowElement)) return false;
        close(row);
        hearButton(row).focus();
        return true;
      },
    },
    table,
  );
}

// --- choosing ---

const chosen = query("#chosen", HTMLFormElement);

function tally() {
  if (!chosen) return;
  const boxes = queryAll('input[form="chosen"]', HTMLInputElement);
  for (const box of boxes) box.closest("tr")?.classList.toggle("chosen-row", box.checked);
  const count = boxes.filter((box) => box.checked).length;
  chosen.hidden = count === 0;
  need("[data-count]", HTMLElement, chosen).textContent = number(count);
}

delegate("change", 'input[form="chosen"]', HTMLInputElement, tally);
chosen?.addEventListener("reset", () => setTimeout(tally)); // the boxes are reset after the event
addEventListener("pageshow", tally);
