// Requests that scripts make themselves. The CSRF token, without which nothing is changed, is known here alone.

import { addressOf, go, pathOf } from "./addresses.js";

const HEADER = "X-CSRF-Token";

/** The token of the page; empty where nobody is signed in. */
function token() {
  return document.querySelector('meta[name="csrf"]')?.getAttribute("content") ?? "";
}

/**
 * @typedef {object} SendOptions
 * @property {string} [method]
 * @property {Record<string, string> | URLSearchParams} [fields] of a form
 * @property {string} [text] instead of fields
 * @property {boolean} [keepalive] the request outlives the page
 * @property {AbortSignal} [signal]
 */

/**
 * Sends a change to the server. Rejects where no answer comes; an answer that says no is an answer.
 * @param {string} path
 * @param {SendOptions} [options]
 * @returns {Promise<Response>}
 */
export function send(path, { method = "POST", fields = {}, text, ...rest } = {}) {
  /** @type {Record<string, string>} */
  const headers = { [HEADER]: token(), "HX-Request": "true" };
  if (text !== undefined) headers["Content-Type"] = "text/plain; charset=utf-8";
  const body = text ?? new URLSearchParams(fields);
  return fetch(addressOf(path), { method, body, headers, credentials: "same-origin", ...rest });
}

/**
 * Sends a file to the server, in the field `file`.
 * @param {string} path
 * @param {File} file
 * @returns {Promise<Response>}
 */
export function sendFile(path, file) {
  const body = new FormData();
  body.append("file", file);
  const headers = { [HEADER]: token(), "HX-Request": "true" };
  return fetch(addressOf(path), { method: "POST", body, headers, credentials: "same-origin" });
}

/**
 * Goes to the login if that is where the server leads: it has kept what was sent, and leads back into the form.
 * @param {Response | null} response
 */
export function followToLogin(response) {
  const path = response?.status === 401 ? response.headers.get("HX-Redirect") : null;
  if (path) go(pathOf(path));
}

/**
 * Asks for a part of a page, or for data. Rejects where no answer comes.
 * @param {string} path
 * @param {{ signal?: AbortSignal }} [options]
 * @returns {Promise<Response>}
 */
export function get(path, { signal } = {}) {
  const headers = { "HX-Request": "true" };
  return fetch(addressOf(path), { headers, credentials: "same-origin", cache: "no-store", signal: signal ?? null });
}

/**
 * The fields of a form that hold text.
 * @param {HTMLFormElement} form
 * @returns {Record<string, string>}
 */
export function fieldsOf(form) {
  return Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, String(value)]));
}

/** Puts the token on whatever htmx sends. */
export function signHtmxRequests() {
  document.addEventListener("htmx:config:request", ({ detail }) => {
    if (token()) detail.ctx.request.headers[HEADER] = token();
  });
}
