// All that is being written on this page, and the moments at which it has to be saved without anybody typing on.

import { onLive } from "../live/events.js";
import { claimTexts } from "./unsaved.js";

/** @typedef {{ leave(): void, flush(): Promise<unknown>, retry(): void }} OpenSaver */

/** @type {Set<OpenSaver>} */
const savers = new Set();

/**
 * Has a saver hurry when the page goes. Returns how to take it off the list.
 * @param {OpenSaver} saver
 */
export function enlist(saver) {
  savers.add(saver);
  return () => savers.delete(saver);
}

/** Watches the page; once for each page that has something to write in. */
export function watchPage() {
  let release = claimTexts();
  // A page that is left may be kept by the browser for going back to: what it has not saved is the next one's.
  addEventListener("pagehide", () => {
    for (const saver of savers) saver.leave();
    release();
  });
  addEventListener("pageshow", ({ persisted }) => {
    if (persisted) release = claimTexts();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") for (const saver of savers) saver.flush();
  });
  const retry = () => {
    for (const saver of savers) saver.retry();
  };
  addEventListener("online", retry);
  onLive(["again"], retry);
}
