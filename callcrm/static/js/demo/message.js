// A message after the tone: spoken into the microphone, or the sample where there is none.

import { need } from "../shared/dom.js";
import { SPEAKING_INTERVAL } from "../shared/durations.js";
import { record } from "./mic.js";

/**
 * @typedef {object} MessageTells
 * @property {(message: object) => boolean} send to the carrier; false where it can't be reached
 * @property {() => boolean} open whether the call is still there to leave a message in
 * @property {() => void} hush
 * @property {(state: "speaking" | "left" | "refused") => void} show
 */

/** The buttons beneath the phone's screen while the carrier records. */
export class Message {
  #box = need("#message", HTMLElement);
  #button = need("#mic", HTMLButtonElement);
  #word = need(".word", HTMLElement, this.#button);
  #start = this.#word.textContent;
  /** @type {Awaited<ReturnType<typeof record>> | null} */
  #recording = null;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #speaking;

  /** @param {MessageTells} tells */
  constructor(tells) {
    this.tells = tells;
    this.#button.addEventListener("click", () => (this.#recording ? this.stop(true) : this.#speak()));
    need("#sample", HTMLButtonElement).addEventListener("click", () => {
      if (tells.send({ speak: "sample" })) tells.show("left");
      this.#box.hidden = true;
    });
  }

  /** The tone has come. */
  offer() {
    this.#box.hidden = false;
  }

  /** The call is over. */
  withdraw() {
    this.stop(false);
    this.#box.hidden = true;
  }

  async #speak() {
    this.tells.hush();
    try {
      this.#recording = await record();
    } catch {
      this.tells.show("refused");
      return;
    }
    this.#word.textContent = this.#button.dataset.stop ?? "";
    this.tells.send({ speaking: true });
    this.#speaking = setInterval(() => this.tells.send({ speaking: true }), SPEAKING_INTERVAL);
    this.tells.show("speaking");
  }

  /**
   * Ends the recording, if there is one.
   * @param {boolean} keep whether the carrier gets it
   */
  async stop(keep) {
    clearInterval(this.#speaking);
    const recording = this.#recording;
    this.#recording = null;
    if (!recording) return;
    this.#word.textContent = this.#start;
    const spoken = await recording.stop();
    if (!keep || !this.tells.open()) return;
    this.tells.send({ speak: spoken });
    this.tells.show("left");
  }
}
