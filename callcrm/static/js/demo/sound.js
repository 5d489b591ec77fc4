// What a caller hears: texts through the browser's own voice, files as they are, tones of our own.

const TONES = { beep: [1000], ringing: [440, 480] };
let context = null;

/** The one audio context, begun by a click. */
export function audio() {
  context ??= new AudioContext();
  context.resume();
  return context;
}

export class Ear {
  constructor() {
    this.aloud = true;
    this.player = new Audio();
    this.waiting = [];
    this.nodes = [];
    this.player.addEventListener("ended", () => this.#next());
    this.player.addEventListener("error", () => this.#next());
  }

  /** Hears a sound after those that are still to be heard. */
  hear({ kind, text, language, url, seconds }) {
    if (!this.aloud) return;
    if (url) {
      this.waiting.push(url);
      if (this.player.paused) this.#next();
    } else if (kind === "say" && "speechSynthesis" in window) {
      const speech = new SpeechSynthesisUtterance(text);
      speech.lang = language;
      speechSynthesis.speak(speech);
    } else if (TONES[kind]) {
      this.#tone(TONES[kind], seconds, kind === "ringing");
    }
  }

  /** Falls silent. */
  hush() {
    this.waiting = [];
    this.player.pause();
    window.speechSynthesis?.cancel();
    for (const node of this.nodes) node.stop();
    this.nodes = [];
  }

  #next() {
    const url = this.waiting.shift();
    if (!url) return;
    this.player.src = url;
    this.player.play().catch(() => {}); // no sound without a click: the captions stay
  }

  #tone(pitches, seconds, repeats) {
    const out = audio();
    const gain = new GainNode(out, { gain: 0.04 });
    gain.connect(out.destination);
    for (let at = 0; repeats && at < seconds; at += 6) {
      gain.gain.setValueAtTime(0.04, out.currentTime + at);
      gain.gain.setValueAtTime(0, out.currentTime + at + 2);
    }
    for (const frequency of pitches) {
      const tone = new OscillatorNode(out, { frequency });
      tone.connect(gain);
      tone.start();
      tone.stop(out.currentTime + Math.min(seconds, 60));
      this.nodes.push(tone);
    }
  }
}
