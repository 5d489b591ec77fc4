// What a caller hears: texts through the browser's own voice, files as they are, tones of our own.

/** @typedef {{ kind: string, text?: string, language?: string, url?: string, seconds?: number }} Sound */

/** @type {Record<string, readonly number[]>} */
const TONES = { beep: [1000], ringing: [440, 480] }; // Hz
const LONGEST = 60; // seconds of a tone
const CADENCE = 6; // seconds from one ring to the next, of which it rings for
const RING = 2;
const LOUDNESS = 0.04;

/** @type {AudioContext | null} */
let context = null;

/** The one audio context, begun by a click: before one, browsers let no page be heard. */
export function audio() {
  context ??= new AudioContext();
  context.resume();
  return context;
}

export class Ear {
  aloud = true;
  #player = new Audio();
  /** @type {string[]} */
  #waiting = [];
  /** @type {OscillatorNode[]} */
  #tones = [];

  constructor() {
    this.#player.addEventListener("ended", () => this.#next());
    this.#player.addEventListener("error", () => this.#next());
  }

  /**
   * Hears a sound after those that are still to be heard.
   * @param {Sound} sound
   */
  hear({ kind, text = "", language = "", url, seconds = 0 }) {
    if (!this.aloud) return;
    const pitches = TONES[kind];
    if (url) {
      this.#waiting.push(url);
      if (this.#player.paused) this.#next();
    } else if (kind === "say" && "speechSynthesis" in globalThis) {
      const speech = new SpeechSynthesisUtterance(text);
      speech.lang = language;
      speechSynthesis.speak(speech);
    } else if (pitches) {
      this.#tone(pitches, seconds, kind === "ringing");
    }
  }

  /** Falls silent. */
  hush() {
    this.#waiting = [];
    this.#player.pause();
    if ("speechSynthesis" in globalThis) speechSynthesis.cancel();
    for (const tone of this.#tones) tone.stop();
    this.#tones = [];
  }

  #next() {
    const url = this.#waiting.shift();
    if (!url) return;
    this.#player.src = url;
    this.#player.play().catch(() => {}); // no sound without a click: the captions stay
  }

  /**
   * @param {readonly number[]} pitches
   * @param {number} seconds
   * @param {boolean} rings
   */
  #tone(pitches, seconds, rings) {
    const out = audio();
    const gain = new GainNode(out, { gain: LOUDNESS });
    gain.connect(out.destination);
    for (let at = 0; rings && at < seconds; at += CADENCE) {
      gain.gain.setValueAtTime(LOUDNESS, out.currentTime + at);
      gain.gain.setValueAtTime(0, out.currentTime + at + RING);
    }
    for (const frequency of pitches) {
      const tone = new OscillatorNode(out, { frequency });
      tone.connect(gain);
      tone.start();
      tone.stop(out.currentTime + Math.min(seconds, LONGEST));
      this.#tones.push(tone);
    }
  }
}
