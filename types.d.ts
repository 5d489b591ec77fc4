// What the type check of static/js can't read from the scripts: htmx, whose package has no types, and our own events.

type SwapStyle = "innerHTML" | "outerHTML" | "outerMorph";

interface Htmx {
  /** Has the attributes of what was put into the page by hand work. */
  process: (element: Element) => void;
  /** Puts `text` where `target` is, as a response to a request of htmx's own would be put. */
  swap: (swap: { target: string | Element; text: string; swap: SwapStyle }) => Promise<void>;
  /** Rejects where the target is not on the page; a failed request is told by events. */
  ajax: (verb: string, path: string, how: { target: Element; source?: Element; swap: SwapStyle }) => Promise<void>;
}

// A global of a classic script: static/vendor/htmx.js.
declare const htmx: Htmx;

/** What the browser's own phone is at. */
interface Phone {
  state: "off" | "idle" | "ringing" | "answering" | "talking";
  muted: boolean;
  failed: boolean;
  wish: "" | "answer" | "refuse";
}

interface DocumentEventMap {
  "htmx:config:request": CustomEvent<{ ctx: { request: { headers: Record<string, string> } } }>;
  "htmx:before:swap": CustomEvent;
  "htmx:finally:request": CustomEvent<{ ctx: { request: { method: string }; response?: { status: number } } }>;
  "htmx:after:swap": CustomEvent;
  "player:place": CustomEvent<{ box: HTMLElement; place: number }>;
  softphone: CustomEvent<Phone>;
  "live:waiting": CustomEvent<{ html: string }>;
}
