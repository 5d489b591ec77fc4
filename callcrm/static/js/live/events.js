// What is new, as events of the document: `live:KIND` with the id of its subject for each kind of callcrm/live/kinds.py;
// `live:again` after a gap, when all may have changed; `live:waiting` with the list of waiting callers; `live:state`.

/**
 * @param {string} name
 * @param {object} [detail]
 */
export function emitLive(name, detail = {}) {
  document.dispatchEvent(new CustomEvent(`live:${name}`, { detail }));
}

/**
 * Has this called with the subject's id for events of these kinds, and without one for `again`.
 * @param {readonly string[]} names
 * @param {(subject: string | undefined) => void} handle
 */
export function onLive(names, handle) {
  for (const name of names) {
    document.addEventListener(`live:${name}`, (event) => {
      handle(event instanceof CustomEvent ? event.detail.subject : undefined);
    });
  }
}
