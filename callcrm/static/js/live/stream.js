// The stream of live events: an EventSource, and what it brings told apart.

import { addressOf } from "../shared/addresses.js";

/**
 * Opens a stream that goes on from the mark. `kinds` are the kinds of live events, as the page names them.
 * @param {readonly string[]} kinds
 * @param {string | null} mark
 * @param {import("./connection.js").StreamHandlers} handlers
 */
export function openStream(kinds, mark, handlers) {
  const source = new EventSource(addressOf(`/desk/events?${new URLSearchParams({ after: mark ?? "" })}`));
  /** @param {string} name @param {(data: string) => void} [handle] */
  const on = (name, handle) =>
    source.addEventListener(name, ({ lastEventId, data }) => {
      handlers.frame(lastEventId);
      handle?.(data);
    });
  on("pulse");
  on("hello", () => handlers.hello());
  on("waiting", (data) => handlers.item("waiting", JSON.parse(data)));
  for (const kind of kinds) on(kind, (data) => handlers.item(kind, data));
  // An EventSource comes again by itself, but knows neither when to give up nor what else to do meanwhile.
  source.addEventListener("error", () => handlers.broke());
  return source;
}
