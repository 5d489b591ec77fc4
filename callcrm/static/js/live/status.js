// What the connection is like, where the page says it: in the frame, in a banner, and wherever a part has a place for it.

import { need, query, queryAll } from "../shared/dom.js";
import { fill, timeOfDay } from "../shared/format.js";
import { emitLive } from "./events.js";

/** @typedef {"live" | "polling" | "offline"} Shown */

/** @type {Record<Shown, string>} */
const DOTS = { live: "dot live", polling: "dot wait", offline: "dot lost" };

/** What this page says; nothing yet before the connection has been tried. */
export class Status {
  /** @type {Shown | null} */
  state = null;
  since = new Date();
  #frame;

  /** @param {HTMLElement} frame the place in the frame of the page, which has the words for all others */
  constructor(frame) {
    this.#frame = frame;
  }

  /**
   * @param {Shown} state
   * @param {Date} since
   */
  become(state, since) {
    if (state === this.state) return;
    const before = this.state;
    this.state = state;
    this.since = since;
    this.#show(state);
    emitLive("state", { state });
    // Marks let no event be missed, but a page that was away is drawn again rather than trusted.
    if (before === "offline" || (before === "polling" && state === "live")) emitLive("again");
  }

  /** @param {Shown} state */
  #show(state) {
    const word = this.#frame.dataset[state] ?? "";
    const time = timeOfDay(this.since, this.#frame.dataset.zone);
    document.documentElement.dataset.connection = state;
    need(".dot", HTMLElement, this.#frame).className = DOTS[state];
    need(".word", HTMLElement, this.#frame).textContent = word;
    for (const dot of queryAll("[data-connection-dot]", HTMLElement)) dot.className = DOTS[state];
    for (const place of queryAll("[data-connection-word]", HTMLElement)) place.textContent = word;
    for (const place of queryAll("[data-connection-since]", HTMLElement)) {
      place.textContent = fill(place.dataset.connectionSince, { time });
    }
    this.#showBanner(query(`template#connection-${state}`, HTMLTemplateElement), time);
  }

  /**
   * @param {HTMLTemplateElement | null} template where this state has one
   * @param {string} time
   */
  #showBanner(template, time) {
    query("#connection-banner", HTMLElement)?.remove();
    const banner = template && document.importNode(template.content, true).firstElementChild;
    if (!banner) return;
    banner.id = "connection-banner";
    for (const element of queryAll("time", HTMLTimeElement, banner)) {
      element.dateTime = this.since.toISOString();
      element.textContent = time;
    }
    need("#banners", HTMLElement).append(banner);
  }
}
