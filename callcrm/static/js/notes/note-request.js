// A note's save, as the server takes it and answers it (callcrm/web/notes/).

import { SAVE_LIMIT } from "../shared/durations.js";
import { send } from "../shared/http.js";

/**
 * How a save went.
 * accepted    the note is at this version (0: it was emptied and is gone), `offset` seconds into its call
 * superseded  a later save of the same client was there first: its `body` stands
 * clash       somebody else's `body` stands, at this version; nothing was saved
 * out         the session has ended
 * refused     the server does not take this text, for a reason it gives
 * lost        no answer, or none of ours: it may have been saved or not
 * @typedef {{ outcome: "accepted", version: number, offset: string | null }
 *   | { outcome: "superseded" | "clash", version: number, body: string }
 *   | { outcome: "refused", reason: string } | { outcome: "out" | "lost" }} Outcome
 */

/**
 * @param {import("./unsaved.js").Entry} entry
 * @param {{ keepalive?: boolean, signal?: AbortSignal }} how
 */
function put({ about, id, version, text, begun, editSeq, finishing, clientId }, how) {
  const query = new URLSearchParams(about);
  query.set("version", String(version));
  query.set("edit_seq", String(editSeq));
  // An age, and no moment: this machine's clock may be wrong.
  query.set("age_ms", String(begun === null ? 0 : Math.max(0, Date.now() - begun)));
  query.set("client_id", clientId);
  if (finishing) query.set("finish", "yes");
  return send(`/notes/${id}?${query}`, { method: "PUT", text, ...how });
}

/**
 * Saves. Never rejects.
 * @param {import("./unsaved.js").Entry} entry
 * @returns {Promise<Outcome>}
 */
export async function saveNote(entry) {
  try {
    const response = await put(entry, { signal: AbortSignal.timeout(SAVE_LIMIT) });
    const json = response.headers.get("content-type")?.startsWith("application/json");
    return outcomeOf(response, json ? await response.json() : {});
  } catch {
    return { outcome: "lost" };
  }
}

/**
 * Saves as the page goes: the request outlives it, and nobody hears the answer.
 * @param {import("./unsaved.js").Entry} entry
 */
export function saveNoteLeaving(entry) {
  put(entry, { keepalive: true }).catch(() => {});
}

/**
 * @param {Pick<Response, "ok" | "status">} response
 * @param {{ version?: number, offset?: string | null, body?: string, message?: string }} answer
 * @returns {Outcome}
 */
function outcomeOf({ ok, status }, { version = 0, offset = null, body, message }) {
  if (ok && body !== undefined) return { outcome: "superseded", version, body };
  if (ok) return { outcome: "accepted", version, offset };
  if (status === 409) return { outcome: "clash", version, body: body ?? "" };
  if (status === 401 || status === 403) return { outcome: "out" };
  // A refusal says why: what says nothing is a proxy, or a server that is not itself.
  return status < 500 && message ? { outcome: "refused", reason: message } : { outcome: "lost" };
}
