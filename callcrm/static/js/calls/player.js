// Players: each recording on a page, one heard at a time. All by delegation: parts may come and go.
// A player is [data-player] with an <audio>; its axis begins `data-offset` seconds before the audio does, and a place
// on it is in seconds of the axis.

import { delegate, need, query, queryAll } from "../shared/dom.js";
import { duration, fill } from "../shared/format.js";
import { onKeys } from "../shared/keys.js";
import { letThrough } from "./channels.js";

const SMALL_STEP = 5; // seconds
const LARGE_STEP = 15;
const AT_A_NOTE = 0.5; // seconds around a note in which it is the one that is heard
const SLIDER = "[data-player] .place";

/** @type {HTMLAudioElement | null} */
let playingAudio = null;

/** @param {Element} element within a player */
function boxOf(element) {
  const box = element.closest("[data-player]");
  return box instanceof HTMLElement ? box : null;
}

/** @param {HTMLElement} box */
const audioOf = (box) => need("audio", HTMLAudioElement, box);

/** @param {HTMLElement} box */
const offsetOf = (box) => Number(box.dataset.offset ?? 0);

/** @param {HTMLElement} box */
const lengthOf = (box) => Number(box.dataset.length ?? 0) || audioLength(box);

/** @param {HTMLElement} box */
const placeOf = (box) => offsetOf(box) + audioOf(box).currentTime;

/**
 * How long the audio is: as the file says, or as the carrier said while it isn't loaded.
 * @param {HTMLElement} box
 */
function audioLength(box) {
  const { duration: seconds } = audioOf(box);
  return Number.isFinite(seconds) && seconds > 0 ? seconds : Number(box.dataset.seconds) || 0;
}

/**
 * @param {HTMLElement} box
 * @param {number} place
 */
function seek(box, place) {
  box.dataset.begun = "";
  audioOf(box).currentTime = Math.min(Math.max(0, place - offsetOf(box)), audioLength(box));
  draw(box);
}

/** @param {HTMLElement} box */
function draw(box) {
  const [place, length] = [placeOf(box), lengthOf(box)];
  box.style.setProperty("--at", length ? Math.min(1, place / length).toFixed(5) : "0");
  const slider = need(".place", HTMLInputElement, box);
  slider.max = String(length);
  slider.value = String(place);
  const [at, whole] = [duration(place), duration(length)];
  slider.setAttribute("aria-valuetext", fill(slider.dataset.valueText, { at, whole }));
  need("[data-at]", HTMLElement, box).textContent = at;
  need("[data-whole]", HTMLElement, box).textContent = whole;
  document.dispatchEvent(new CustomEvent("player:place", { detail: { box, place } }));
}

/** @param {HTMLElement} box */
function toggle(box) {
  const audio = audioOf(box);
  // A fault is told by the audio's own event, but for one that came before this script did.
  if (audio.paused) audio.play().catch(() => failed(box, audio));
  else audio.pause();
}

/**
 * @param {HTMLElement} box
 * @param {boolean} playing
 */
function showPlaying(box, playing) {
  const button = need('[data-act="toggle"]', HTMLElement, box);
  box.classList.toggle("playing", playing);
  button.setAttribute("aria-label", (playing ? button.dataset.pause : button.dataset.play) ?? "");
}

/**
 * @param {HTMLElement} box
 * @param {HTMLAudioElement} audio
 */
function failed(box, audio) {
  showPlaying(box, false);
  const fault = query("[data-fault]", HTMLElement, box);
  if (fault && audio.error) fault.textContent = fault.dataset.fault ?? "";
}

/**
 * Presses the one of several buttons, and lets the others up.
 * @param {HTMLElement} box
 * @param {"speed" | "channel"} name
 * @param {string} value
 */
function pressOne(box, name, value) {
  for (const button of queryAll(`[data-${name}]`, HTMLElement, box)) {
    button.setAttribute("aria-pressed", String(button.dataset[name] === value));
  }
}

/**
 * @param {HTMLElement} box
 * @param {string} rate
 */
function setSpeed(box, rate) {
  audioOf(box).playbackRate = Number(rate);
  pressOne(box, "speed", rate);
}

/**
 * @param {HTMLElement} box
 * @param {string} channel
 */
function setChannel(box, channel) {
  pressOne(box, "channel", channel);
  letThrough(audioOf(box), channel);
}

/**
 * Goes to the next note on the axis, or the one before.
 * @param {HTMLElement} box
 * @param {number} step
 */
function seekNote(box, step) {
  const notes = (box.dataset.notes || "").split(" ").filter(Boolean).map(Number);
  const here = placeOf(box);
  const next =
    step > 0 ? notes.find((place) => place > here + AT_A_NOTE) : notes.findLast((place) => place < here - AT_A_NOTE);
  if (next !== undefined) seek(box, next);
}

/** @type {Record<string, (box: HTMLElement, button: DOMStringMap) => void>} */
const ACTS = {
  toggle: (box) => toggle(box),
  jump: (box, { by }) => seek(box, placeOf(box) + Number(by)),
  note: (box, { by }) => seekNote(box, Number(by)),
  speed: (box, { speed }) => speed && setSpeed(box, speed),
  channel: (box, { channel }) => channel && setChannel(box, channel),
};

delegate("click", "[data-player] [data-act]", HTMLElement, (button) => {
  const box = boxOf(button);
  if (box) ACTS[button.dataset.act ?? ""]?.(box, button.dataset);
});

// A mark anywhere on the page leads to its place in the page's main player.
delegate("click", "[data-seek]", Element, (mark, event) => {
  const main = query("[data-player][data-main]", HTMLElement);
  if (!main) return;
  event.preventDefault();
  seek(main, Number(mark.getAttribute("data-seek")));
});

delegate("input", SLIDER, HTMLInputElement, (slider) => {
  const box = boxOf(slider);
  if (box) seek(box, Number(slider.value));
});

delegate("change", '[data-player] select[data-act="speed"]', HTMLSelectElement, (select) => {
  const box = boxOf(select);
  if (box) setSpeed(box, select.value);
});

/** @param {(box: HTMLElement) => void} act */
const onSlider = (act) => (/** @type {string} */ _press, /** @type {Element} */ target) => {
  const box = target.matches(SLIDER) ? boxOf(target) : null;
  if (!box) return false;
  act(box);
  return true;
};

onKeys("player", {
  toggle: onSlider(toggle),
  back: onSlider((box) => seek(box, placeOf(box) - SMALL_STEP)),
  on: onSlider((box) => seek(box, placeOf(box) + SMALL_STEP)),
  farBack: onSlider((box) => seek(box, placeOf(box) - LARGE_STEP)),
  farOn: onSlider((box) => seek(box, placeOf(box) + LARGE_STEP)),
  toBegin: onSlider((box) => seek(box, 0)),
  toEnd: onSlider((box) => seek(box, lengthOf(box))),
});

/** @type {Record<string, (box: HTMLElement, audio: HTMLAudioElement) => void>} */
const MEDIA_EVENTS = {
  play(box, audio) {
    if (playingAudio !== audio) playingAudio?.pause();
    playingAudio = audio;
    box.dataset.begun = "";
    const fault = query("[data-fault]", HTMLElement, box);
    if (fault) fault.textContent = "";
    showPlaying(box, true);
  },
  pause: (box) => showPlaying(box, false),
  ended: (box) => showPlaying(box, false),
  timeupdate: (box) => draw(box),
  durationchange: (box) => draw(box),
  error: failed,
};

for (const [name, handle] of Object.entries(MEDIA_EVENTS)) {
  // Media events don't bubble.
  document.addEventListener(
    name,
    ({ target }) => {
      const box = target instanceof HTMLAudioElement && boxOf(target);
      if (box) handle(box, target);
    },
    true,
  );
}
