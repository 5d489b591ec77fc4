// The connection as a table: each state × each event → the next state, and what is done on the way.
// What is not in the table changes nothing. Who carries it out: connection.js.

/**
 * closed     nothing is listened to
 * opening    a stream is asked for, and none has broken yet
 * blink      the stream broke once: perhaps a blink, so nothing is said of it; asked for again, and polled meanwhile
 * searching  it broke again; the next poll tells whether anything answers at all
 * polling    no stream can be had, but polls are answered; a stream is tried again and again
 * offline    nothing answers
 * probation  a stream that has broken again and again is there; polled on until it has lasted
 * live       a stream tells what is new
 * resting    only polled: a tab nobody looks at, where each tab would need a stream of its own
 * @typedef {"closed" | "opening" | "blink" | "searching" | "polling" | "offline" | "probation" | "live" | "resting"} State
 */

/**
 * open, rest, close            what the page wants
 * hello, hello-again           the stream greets; the latter where it has broken again and again lately
 * frame                        anything comes by the stream
 * broke                        the stream ended, could not be had, did not greet in time or has fallen silent
 * retry, steady, calm, poll    a time has passed (see the effects)
 * answered, unanswered         how a poll went
 * network-up, network-down     what the browser knows of the network
 * @typedef {"open" | "rest" | "close" | "hello" | "hello-again" | "frame" | "broke" | "retry" | "steady" | "calm" | "poll"
 *   | "answered" | "unanswered" | "network-up" | "network-down"} ConnectionEvent
 */

/**
 * reset                             forget failures and breaks: a fresh start
 * stream, unstream                  ask for a stream in place of the one there may be; close it
 * retry later                       ask for a stream in a while, the longer the more often it failed
 * expect frames                     take the stream for broken if nothing comes for a while
 * put on probation                  `steady` in a while, unless it breaks before
 * trust                             forget the failures; `calm` in a while
 * count break, forget breaks        a stream that was there has broken; that is long ago
 * poll now, soon, later; unpoll     `poll` then, in place of when it was due; not at all
 * ask                               poll; `answered` or `unanswered` tells how it went
 * say live, polling, offline        what the page shows
 * @typedef {"reset" | "stream" | "unstream" | "retry later" | "expect frames" | "put on probation" | "trust"
 *   | "count break" | "forget breaks" | "poll now" | "poll soon" | "poll later" | "unpoll" | "ask"
 *   | "say live" | "say polling" | "say offline"} Effect
 */

/** @typedef {readonly [State, ...Effect[]]} Step */

/** @type {Partial<Record<ConnectionEvent, Step>>} */
const ALWAYS = {
  open: ["opening", "unstream", "unpoll", "reset", "stream"],
  rest: ["resting", "unstream", "poll later"],
  close: ["closed", "unstream", "unpoll"],
};

/** @type {Step} */
const LIVE = ["live", "unpoll", "expect frames", "trust", "say live"];

/** @type {Record<State, Partial<Record<ConnectionEvent, Step>>>} */
export const TABLE = {
  closed: { ...ALWAYS },
  opening: {
    ...ALWAYS,
    hello: LIVE,
    broke: ["blink", "unstream", "retry later", "poll soon"],
    "network-up": ["opening", "stream"],
    "network-down": ["searching", "unstream", "retry later", "poll now"],
  },
  blink: {
    ...ALWAYS,
    hello: LIVE,
    "hello-again": ["probation", "expect frames", "put on probation"],
    broke: ["searching", "unstream", "retry later"],
    retry: ["blink", "stream"],
    poll: ["blink", "ask"],
    answered: ["blink", "poll later"],
    unanswered: ["blink", "poll later"],
    "network-up": ["blink", "stream"],
    "network-down": ["searching", "unstream", "retry later", "poll now"],
  },
  searching: {
    ...ALWAYS,
    hello: LIVE,
    "hello-again": ["probation", "expect frames", "put on probation"],
    broke: ["searching", "unstream", "retry later"],
    retry: ["searching", "stream"],
    poll: ["searching", "ask"],
    answered: ["polling", "say polling", "poll later"],
    unanswered: ["offline", "say offline", "poll later"],
    "network-up": ["searching", "stream"],
    "network-down": ["searching", "unstream", "retry later"],
  },
  polling: {
    ...ALWAYS,
    hello: LIVE,
    "hello-again": ["probation", "expect frames", "put on probation"],
    broke: ["polling", "unstream", "retry later"],
    retry: ["polling", "stream"],
    poll: ["polling", "ask"],
    answered: ["polling", "poll later"],
    unanswered: ["offline", "say offline", "poll later"],
    "network-up": ["polling", "stream"],
    "network-down": ["polling", "unstream", "retry later", "poll now"],
  },
  offline: {
    ...ALWAYS,
    hello: LIVE,
    "hello-again": ["probation", "expect frames", "say polling", "put on probation"],
    broke: ["offline", "unstream", "retry later"],
    retry: ["offline", "stream"],
    poll: ["offline", "ask"],
    // Whatever kept the server away is over: no need to wait until a stream is due again.
    answered: ["polling", "say polling", "stream", "poll later"],
    unanswered: ["offline", "poll later"],
    "network-up": ["offline", "stream"],
    "network-down": ["offline", "unstream", "retry later"],
  },
  probation: {
    ...ALWAYS,
    frame: ["probation", "expect frames"],
    steady: LIVE,
    broke: ["searching", "count break", "unstream", "retry later"],
    poll: ["probation", "ask"],
    answered: ["probation", "poll later"],
    unanswered: ["probation", "poll later"],
    "network-up": ["searching", "stream"],
    "network-down": ["searching", "count break", "unstream", "retry later", "poll now"],
  },
  live: {
    ...ALWAYS,
    frame: ["live", "expect frames"],
    calm: ["live", "forget breaks"],
    broke: ["blink", "count break", "unstream", "retry later", "poll soon"],
    "network-up": ["blink", "stream", "poll later"],
    "network-down": ["searching", "count break", "unstream", "retry later", "poll now"],
  },
  resting: {
    ...ALWAYS,
    poll: ["resting", "ask"],
    answered: ["resting", "say polling", "poll later"],
    unanswered: ["resting", "say offline", "poll later"],
  },
};

/**
 * The next state and what is to be done.
 * @param {State} state
 * @param {ConnectionEvent} event
 * @returns {Step}
 */
export function step(state, event) {
  return TABLE[state][event] ?? [state];
}
