// Every wait, interval and time limit of the scripts, in milliseconds.

// --- the connection (live/) ---

/** Between two polls where no stream can be had: "a new call may show up to 3 s late" rests on it. */
export const POLL_INTERVAL = 2500;
/** Until the first poll after a break that may be a blink. */
export const BLINK_POLL = 500;
/** How long a poll may take. */
export const POLL_LIMIT = 8000;
/** For a stream to greet: a proxy that holds the answer back lets nothing through at all. */
export const HELLO_LIMIT = 4000;
/** Without a pulse until a stream counts as dead; the server sends one every 10 s. */
export const SILENCE_LIMIT = 25_000;
/** How long a stream must last until it is trusted again, if it has broken again and again. */
export const PROBATION = 10_000;
/** Without a break until earlier ones are forgotten. */
export const CALM = 60_000;
/** Until a stream is tried again: after the first break, the second, and so on. */
export const STREAM_RETRIES = Object.freeze([1000, 2000, 5000, 10_000]);

// --- notes (notes/) ---

/** Without a key until a note is saved. */
export const SAVE_PAUSE = 400;
/** Between two saves while somebody types on: so much can be lost with the machine at most. */
export const SAVE_INTERVAL = 2000;
/** How long a save may take. */
export const SAVE_LIMIT = 10_000;
/** Until a save that got no answer is tried again. */
export const SAVE_RETRY = 2000;
/** How long a text may be unsaved before the page says so. */
export const UNSAVED_NOTICE = 5000;
/** Until a disposition that got no answer is sent again. */
export const DISPOSITION_RETRY = 5000;
/** Without a key before the notes panel turns to another call: never within a word. */
export const TYPING_SETTLED = 1000;
/** Without a key until answers are looked for that fit a note. */
export const SUGGEST_PAUSE = 250;
/** In which live events are gathered into one request for the notes panel. */
export const NOTES_GATHER = 120;

// --- parts that follow live events ---

/** At most so often the list of calls asks how many are new. */
export const NEWS_INTERVAL = 1000;
/** In which live events are gathered into one request for a customer's history. */
export const HISTORY_GATHER = 1500;

// --- the softphone (desk/) ---

/** How often the server is told that calls can ring in this browser; it forgets after 30 s. */
export const SOFTPHONE_LEASE = 10_000;
/** Until a driver that failed or closed is started again. */
export const SOFTPHONE_RETRY = 3000;

// --- what is shown for a while ---

export const TOAST_SHOWN = 8000;
/** Until a toast that was under the pointer is looked at again. */
export const TOAST_RETRY = 1000;
export const COPIED_SHOWN = 2000;
/** How often ticking times are written: four times a second, so that no second is skipped. */
export const TICK = 250;
/** A part tells the server's time to the second: a smaller difference is none. */
export const CLOCK_TOLERANCE = 1500;

// --- the demo (demo/) ---

/** Until a lost socket is opened again; doubled up to the longest. */
export const SOCKET_RETRY = 300;
export const SOCKET_RETRY_LONGEST = 4000;
/** How often the carrier is told that a message is still being spoken. */
export const SPEAKING_INTERVAL = 1000;
export const KEY_LIT = 250;
export const CALL_CLOCK = 1000;
