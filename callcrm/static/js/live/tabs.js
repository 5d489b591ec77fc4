// The tabs of one browser: one leads for all of them, and if it closes, the next one does.

/**
 * What tabs say to each other.
 * @typedef {object} Message
 * @property {boolean} [hello] a tab has just come
 * @property {{ state: import("./status.js").Shown | null, since: Date }} [status]
 * @property {{ kind: string, data: string, mark: string | null, language: string }} [item]
 */

/**
 * Joins the tabs of this name. `post` reaches the others; without BroadcastChannel there are none to reach.
 * @param {string} name
 * @param {(message: Message) => void} receive
 */
export function joinTabs(name, receive) {
  if (!("BroadcastChannel" in globalThis)) return () => {};
  const channel = new BroadcastChannel(name);
  channel.addEventListener("message", ({ data }) => receive(data));
  /** @param {Message} message */
  return (message) => channel.postMessage(message);
}

/**
 * Leads as soon as no other tab does, for as long as this one lives. `wait` is called if another leads now.
 * @param {string} name
 * @param {{ lead: () => void, wait: () => Promise<unknown> }} does
 */
export function takeTurns(name, { lead, wait }) {
  const hold = () => {
    lead();
    return new Promise(() => {}); // the browser gives the lock on when the tab goes
  };
  navigator.locks.request(name, { ifAvailable: true }, (lock) => {
    if (lock) return hold();
    navigator.locks.request(name, hold);
    return wait();
  });
}
