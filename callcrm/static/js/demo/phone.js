// The virtual phone: calls as whoever is chosen, shows and plays what is heard, sends keys and messages.

import { need, queryAll } from "../shared/dom.js";
import { CALL_CLOCK, KEY_LIT } from "../shared/durations.js";
import { duration, fill } from "../shared/format.js";
import { onKeys } from "../shared/keys.js";
import { Captions } from "./captions.js";
import { Message } from "./message.js";
import { connect } from "./socket.js";
import { audio, Ear } from "./sound.js";

const LONGEST_RING = 60; // seconds

/**
 * What the carrier's side of the phone tells (callcrm/demo/phone/).
 * @typedef {object} Wire
 * @property {boolean} [calling] the call we asked for has begun
 * @property {boolean} [ringing] we are being called
 * @property {import("./sound.js").Sound} [hear]
 * @property {boolean} [hush]
 * @property {string} [sign] what has become of the call
 * @property {string} [who] with whom we are connected
 */

export class VirtualPhone {
  #state = /** @type {"idle" | "rung" | "on"} */ ("idle");
  #since = 0;
  #ear = new Ear();
  #captions = new Captions(need("#caption", HTMLElement));
  #hint = need("#hint", HTMLElement);
  #badge = need("#on-line", HTMLElement);
  #caller = need("#caller", HTMLSelectElement);
  #call = need("#call", HTMLButtonElement);
  #callWord = need(".word", HTMLElement, this.#call);
  #hangUp = need("#hangup", HTMLButtonElement);
  #keys = queryAll("#phone [data-key]", HTMLButtonElement);
  #callText = this.#callWord.textContent;

  /** @param {(state: string) => void} onchange what the call is at now, for the rest of the page */
  constructor(onchange) {
    this.onchange = onchange;
    this.message = new Message({
      send: (message) => this.socket.send(message),
      open: () => this.#state === "on",
      hush: () => this.#ear.hush(),
      show: (state) => this.#show(state),
    });
    this.socket = connect(() => `/demo/phone?language=${document.documentElement.lang}`, {
      received: (message) => this.#received(message),
      opened: () => {
        this.#light(this.#state);
        this.socket.send({ as: this.#caller.value });
      },
      lost: () => {
        if (this.#state !== "idle") this.#end("lost");
        this.#light("away");
      },
    });
    this.#listen();
    setInterval(() => this.#tick(), CALL_CLOCK);
  }

  #listen() {
    this.#caller.addEventListener("change", () => this.socket.send({ as: this.#caller.value }));
    this.#call.addEventListener("click", () => this.#callOrAnswer());
    this.#hangUp.addEventListener("click", () => this.hangUp());
    const aloud = need("#aloud", HTMLInputElement);
    aloud.addEventListener("change", () => {
      this.#ear.aloud = aloud.checked;
      if (!aloud.checked) this.#ear.hush();
    });
    for (const key of this.#keys) key.addEventListener("click", () => this.#press(key.dataset.key ?? ""));
    onKeys("keypad", { dial: (key) => this.#press(key) }, need("#phone", HTMLElement));
  }

  #callOrAnswer() {
    audio(); // a click: from now on there may be sound
    if (this.#state === "rung") {
      this.socket.send({ answer: true });
      this.#ear.hush();
    } else if (this.#state === "idle" && this.socket.send({ call: this.#caller.value })) {
      this.#call.disabled = true;
    }
  }

  async hangUp() {
    if (this.#state === "idle") return;
    await this.message.stop(true);
    this.socket.send({ hangup: true });
  }

  /** @param {string} key */
  #press(key) {
    if (this.#state !== "on") return;
    this.#ear.hush();
    this.#captions.pause();
    this.socket.send({ press: key });
    const button = this.#keys.find(({ dataset }) => dataset.key === key);
    button?.classList.add("hit");
    setTimeout(() => button?.classList.remove("hit"), KEY_LIT);
  }

  /** @param {Wire} message */
  #received({ calling, ringing, hear, hush, sign, who }) {
    if (calling) this.#begin();
    if (ringing) this.#ring();
    if (hush) this.#ear.hush();
    if (hear) this.#hear(hear);
    if (sign) this.#signs[sign]?.(who ?? "");
  }

  /** @type {Record<string, (who: string) => void>} */
  #signs = {
    listening: () => {
      this.#captions.pause();
      this.#show("listening");
    },
    recording: () => {
      this.message.offer();
      this.#show("recording");
    },
    connected: (who) => {
      this.#ear.hush();
      if (this.#state !== "on") this.#begin();
      this.#show("connected", who);
    },
    parted: () => this.#show("parted"),
    ended: () => this.#end("ended"),
  };

  #begin() {
    this.#state = "on";
    this.#since = Date.now();
    this.#captions.clear();
    this.#light("on");
    this.#show("calling");
  }

  #ring() {
    this.#state = "rung";
    this.#captions.clear();
    this.#light("rung");
    this.#show("rung");
    this.#ear.hear({ kind: "ringing", seconds: LONGEST_RING });
  }

  /** @param {"ended" | "lost"} why */
  #end(why) {
    this.#state = "idle";
    this.#captions.pause();
    this.#ear.hush();
    this.message.withdraw();
    this.#light("idle");
    this.#show(why);
    if (why === "lost") this.onchange("ended");
  }

  /** @param {import("./sound.js").Sound} sound */
  #hear(sound) {
    this.#ear.hear(sound);
    if (sound.text) {
      this.#captions.write(sound.text, sound.language ?? "");
      return;
    }
    if (sound.kind === "play") this.#show("music");
    else if (sound.kind === "ringing" || sound.kind === "music") this.#show(sound.kind);
    if (sound.kind !== "silence") this.#captions.pause();
  }

  /**
   * @param {string} state
   * @param {string} [who]
   */
  #show(state, who = "") {
    this.#hint.textContent = fill(this.#hint.dataset[state], { who });
    this.onchange(state);
  }

  /** @param {"idle" | "rung" | "on" | "away"} state what the buttons and the badge are to show */
  #light(state) {
    const busy = state === "on" || state === "rung";
    const dot = { on: "live", rung: "ring", idle: "off", away: "off" }[state];
    need(".word", HTMLElement, this.#badge).textContent = this.#badge.dataset[state] ?? "";
    need(".dot", HTMLElement, this.#badge).className = `dot ${dot}`;
    need(".ticks", HTMLElement, this.#badge).textContent = "";
    this.#badge.className = `badge push${busy ? " live" : ""}`;
    this.#call.disabled = state === "on" || state === "away";
    this.#callWord.textContent = (state === "rung" ? this.#call.dataset.answer : this.#callText) ?? "";
    this.#caller.disabled = busy;
    this.#hangUp.disabled = !busy;
    for (const key of this.#keys) key.disabled = state !== "on";
  }

  #tick() {
    if (this.#state !== "on") return;
    need(".ticks", HTMLElement, this.#badge).textContent = duration((Date.now() - this.#since) / 1000);
  }
}
