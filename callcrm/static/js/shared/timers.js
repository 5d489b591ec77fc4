// What ticks. The server says from or until when; here seconds are counted, in the digits of the page.

import { queryAll } from "./dom.js";
import { CLOCK_TOLERANCE, TICK } from "./durations.js";
import { duration, number } from "./format.js";

let ahead = 0; // how far the server's clock is ahead of this machine's

/** The server's time in ms, as far as the last part that came from it tells. */
export function serverNow() {
  return Date.now() + ahead;
}

/**
 * Learns the server's time from a part that has just been drawn; a part tells it once.
 * @param {HTMLElement} part
 */
export function learnServerTime(part) {
  const now = Date.parse(part.dataset.now ?? "");
  delete part.dataset.now;
  if (!Number.isNaN(now) && Math.abs(now - serverNow()) > CLOCK_TOLERANCE) ahead = now - Date.now();
}

/**
 * @param {Element} element
 * @param {string} text
 */
function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** @param {string | undefined} moment */
const secondsSince = (moment) => (serverNow() - Date.parse(moment ?? "")) / 1000;

function tick() {
  for (const element of queryAll(".num[data-since]", HTMLElement)) {
    const seconds = secondsSince(element.dataset.since);
    write(element, duration(seconds));
    if (element.dataset.late) element.classList.toggle("t-lost", seconds > Number(element.dataset.late));
  }
  for (const element of queryAll(".num[data-until]", HTMLElement)) {
    const seconds = Math.max(0, Math.ceil(-secondsSince(element.dataset.until)));
    write(element, "clock" in element.dataset ? duration(seconds) : number(seconds, { useGrouping: false }));
  }
  // A part that will look different from a moment on, without anything having happened.
  for (const element of queryAll("[data-again]", HTMLElement)) {
    if (secondsSince(element.dataset.again) < 0) continue;
    element.removeAttribute("data-again");
    document.dispatchEvent(new CustomEvent("desk:again"));
  }
}

setInterval(tick, TICK);
