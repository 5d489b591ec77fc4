// The one way to change what the server drew: over htmx, so that focus, caret and scroll stay and what comes in works
// like the rest of the page (its hx- attributes, data-keep). Nothing else sets markup; a test holds it.

import { addressOf } from "./addresses.js";

/**
 * Puts a part that has come by itself in place of the one that stands.
 * @param {string} target
 * @param {string} html
 */
export function morph(target, html) {
  return htmx.swap({ target, text: html, swap: "outerMorph" });
}

/**
 * Fetches a part and puts it in place: `into` the target, or in the target's stead. A target that has gone meanwhile
 * needs nothing any more, and a request that fails is said by htmx's events.
 * @param {string} path
 * @param {Element} target
 * @param {{ into?: boolean, method?: string }} [how]
 */
export async function load(path, target, { into = false, method = "GET" } = {}) {
  const swap = into ? "innerHTML" : "outerHTML";
  await htmx.ajax(method, addressOf(path), { source: target, target, swap }).catch(() => {});
}

/**
 * Tells a part to fetch itself again: its hx-trigger waits for this event.
 * @param {Element | null | undefined} part
 * @param {string} event
 */
export function refresh(part, event) {
  part?.dispatchEvent(new CustomEvent(event));
}

/**
 * A page the server drew, to take parts from.
 * @param {string} html
 */
export function parse(html) {
  return new DOMParser().parseFromString(html, "text/html");
}

/**
 * Gives one element the contents of another, from a page that was parsed; `kept` of its own go behind them.
 * @param {Element} element
 * @param {Element} source
 * @param {Element[]} [kept]
 */
export function replaceContents(element, source, kept = []) {
  element.replaceChildren(...document.adoptNode(source).childNodes, ...kept);
}

/**
 * Has htmx see what a script has put onto the page.
 * @param {HTMLElement} element
 */
export function enliven(element) {
  htmx.process(element);
}

/**
 * Calls `handle` whenever a form or button of this page has done something on the server.
 * @param {() => void} handle
 */
export function afterDeed(handle) {
  document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => {
    if (ctx.request.method !== "GET" && ctx.response && ctx.response.status < 400) handle();
  });
}

/** @param {() => void} handle */
export function beforePatch(handle) {
  document.addEventListener("htmx:before:swap", handle);
}

/** @param {() => void} handle */
export function afterPatch(handle) {
  document.addEventListener("htmx:after:swap", handle);
}
