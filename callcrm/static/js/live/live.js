// What is new, told to the parts of the page, and the state of the connection. One tab of a browser has the connection
// and tells the others: a browser allows few connections to one server, and the server need not send it all twice.

import { go, here } from "../shared/addresses.js";
import { query } from "../shared/dom.js";
import { POLL_LIMIT } from "../shared/durations.js";
import { get } from "../shared/http.js";
import { Connection } from "./connection.js";
import { emitLive } from "./events.js";
import { Status } from "./status.js";
import { openStream } from "./stream.js";
import { joinTabs, takeTurns } from "./tabs.js";

const language = document.documentElement.lang;

/**
 * What is new since the mark. A session that has ended leads to the login.
 * @param {string | null} mark
 * @param {string} drawn
 * @returns {Promise<import("./connection.js").Changes>}
 */
async function fetchChanges(mark, drawn) {
  const since = new URLSearchParams({ after: mark ?? "", drawn });
  const response = await get(`/desk/changes?${since}`, { signal: AbortSignal.timeout(POLL_LIMIT) });
  if (response.status === 401) go(`/login?next=${encodeURIComponent(here())}`);
  if (!response.ok) throw new Error(String(response.status));
  return response.json();
}

/**
 * Tells the page. The list of waiting callers is drawn by language: one in another is fetched in ours.
 * @param {string} kind
 * @param {string} data
 * @param {string} drawnIn
 */
async function tellPage(kind, data, drawnIn) {
  if (kind !== "waiting") return emitLive(kind, { subject: data });
  if (drawnIn === language) return emitLive("waiting", { html: data });
  const response = await get("/desk/waiting").catch(() => null);
  if (response?.ok) emitLive("waiting", { html: await response.text() });
}

/** @param {HTMLElement} frame */
function begin(frame) {
  const name = `callcrm-connection-${frame.dataset.user}`;
  const kinds = (frame.dataset.liveEvents ?? "").split(" ").filter(Boolean);
  const status = new Status(frame);
  let leading = false;
  const postStatus = () => post({ status: { state: status.state, since: status.since } });

  const post = joinTabs(name, (message) => {
    if (leading) {
      if (message.hello) postStatus();
    } else if (message.item) {
      const { kind, data, mark, language: drawnIn } = message.item;
      connection.mark = mark ?? connection.mark;
      tellPage(kind, data, drawnIn);
    } else if (message.status?.state) {
      status.become(message.status.state, message.status.since);
    }
  });

  const connection = new Connection(frame.dataset.mark || null, {
    stream: (mark, handlers) => openStream(kinds, mark, handlers),
    changes: fetchChanges,
    onItem(kind, data, mark) {
      tellPage(kind, data, language);
      if (leading) post({ item: { kind, data, mark, language } });
    },
    onState(state) {
      status.become(state, new Date());
      postStatus();
    },
  });

  listen(connection, name, {
    lead() {
      leading = true;
      connection.open();
    },
    wait() {
      post({ hello: true });
      // What was told between this page's making and now, the others have heard already.
      return connection.catchUp().catch(() => {});
    },
  });
}

/**
 * @param {Connection} connection
 * @param {string} name
 * @param {Parameters<typeof takeTurns>[1]} turns
 */
function listen(connection, name, turns) {
  addEventListener("online", () => connection.networkChanged(true));
  addEventListener("offline", () => connection.networkChanged(false));
  if (navigator.locks) return takeTurns(name, turns);
  // Each tab for itself, and one that nobody looks at does without a stream: a browser allows six to a server.
  const attend = () => (document.hidden ? connection.rest() : connection.open());
  document.addEventListener("visibilitychange", attend);
  attend();
}

const place = query("#connection-state", HTMLElement);
// The listeners are other scripts of the page, of which one may be on its way for longer: all have run by then.
if (place) document.addEventListener("DOMContentLoaded", () => begin(place));
