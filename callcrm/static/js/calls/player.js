// Players: each recording on a page, one heard at a time. All by delegation: parts may come and go.
// A player is [data-player] with an <audio>; its axis begins `data-offset` seconds before the audio does.

const SMALL = 5, LARGE = 15;
const two = new Intl.NumberFormat(document.documentElement.lang, { useGrouping: false, minimumIntegerDigits: 2 });
const one = new Intl.NumberFormat(document.documentElement.lang, { useGrouping: false });
let loud = null; // who is heard now

/** 5:17, or 1:02:09, in the page's digits. */
export function spoken(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return hours ? `${one.format(hours)}:${two.format(minutes)}:${two.format(rest)}` : `${one.format(minutes)}:${two.format(rest)}`;
}

const boxOf = (thing) => thing.closest("[data-player]");
const audioOf = (box) => box.querySelector("audio");
const offsetOf = (box) => Number(box.dataset.offset ?? 0);
const lengthOf = (box) => Number(box.dataset.length ?? 0) || heardOf(box);

/** How long the audio is: as the file says, or as the carrier said while it isn't loaded. */
function heardOf(box) {
  const { duration } = audioOf(box);
  return Number.isFinite(duration) && duration > 0 ? duration : Number(box.dataset.seconds) || 0;
}

function seek(box, place) {
  const audio = audioOf(box);
  box.dataset.begun = "";
  audio.currentTime = Math.min(Math.max(0, place - offsetOf(box)), heardOf(box));
  draw(box);
}

const placeOf = (box) => offsetOf(box) + audioOf(box).currentTime;

function draw(box) {
  const place = placeOf(box), length = lengthOf(box);
  box.style.setProperty("--at", length ? Math.min(1, place / length).toFixed(5) : "0");
  const input = box.querySelector(".place");
  input.max = String(length);
  input.value = String(place);
  input.setAttribute("aria-valuetext", input.dataset.said.replace("{at}", spoken(place)).replace("{whole}", spoken(length)));
  box.querySelector("[data-at]").textContent = spoken(place);
  box.querySelector("[data-whole]").textContent = spoken(length);
  document.dispatchEvent(new CustomEvent("player:place", { detail: { box, place } }));
}

function toggle(box) {
  const audio = audioOf(box);
  // A fault is told by the audio's own event, but for one that came before this script did.
  if (audio.paused) audio.play().catch(() => failed(box, audio));
  else audio.pause();
}

function show(box, playing) {
  const button = box.querySelector('[data-act="toggle"]');
  box.classList.toggle("playing", playing);
  button.setAttribute("aria-label", playing ? button.dataset.pause : button.dataset.play);
}

function say(box, text) {
  const line = box.querySelector("[data-fault]");
  if (line) line.textContent = text;
}

function failed(box, audio) {
  show(box, false);
  if (audio.error) say(box, box.querySelector("[data-fault]")?.dataset.fault ?? "");
}

function speed(box, value) {
  audioOf(box).playbackRate = Number(value);
  for (const button of box.querySelectorAll("[data-speed]")) button.setAttribute("aria-pressed", String(button.dataset.speed === value));
}

// --- one channel alone: both voices stay where they are, only one is let through ---

const mixers = new WeakMap();

function mixer(audio) {
  if (!mixers.has(audio)) {
    const context = new AudioContext();
    const splitter = context.createChannelSplitter(2);
    const gains = [0, 1].map((channel) => {
      const gain = context.createGain();
      splitter.connect(gain, channel);
      gain.connect(context.destination);
      return gain;
    });
    context.createMediaElementSource(audio).connect(splitter);
    mixers.set(audio, { context, gains });
  }
  return mixers.get(audio);
}

function channel(box, wanted) {
  const audio = audioOf(box);
  for (const button of box.querySelectorAll("[data-channel]")) button.setAttribute("aria-pressed", String(button.dataset.channel === wanted));
  if (wanted === "both" && !mixers.has(audio)) return;
  const { context, gains } = mixer(audio);
  context.resume();
  gains.forEach((gain, index) => { gain.gain.value = wanted === "both" || String(index) === wanted ? 1 : 0; });
}

// --- notes on the axis ---

function note(box, step) {
  const notes = (box.dataset.notes || "").split(" ").filter(Boolean).map(Number);
  const here = placeOf(box);
  const next = step > 0 ? notes.find((at) => at > here + 0.5) : notes.findLast((at) => at < here - 0.5);
  if (next !== undefined) seek(box, next);
}

const ACTS = {
  toggle: (box) => toggle(box),
  jump: (box, button) => seek(box, placeOf(box) + Number(button.dataset.by)),
  note: (box, button) => note(box, Number(button.dataset.by)),
  speed: (box, button) => button.dataset.speed && speed(box, button.dataset.speed),
  channel: (box, button) => channel(box, button.dataset.channel),
};

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-player] [data-act]");
  if (button) ACTS[button.dataset.act]?.(boxOf(button), button);
  const mark = event.target.closest?.("[data-seek]");
  const main = mark && document.querySelector("[data-player][data-main]");
  if (!main) return;
  event.preventDefault();
  seek(main, Number(mark.dataset.seek));
});

document.addEventListener("input", ({ target }) => {
  if (target.matches?.("[data-player] .place")) seek(boxOf(target), Number(target.value));
});

document.addEventListener("change", ({ target }) => {
  if (target.matches?.('[data-player] select[data-act="speed"]')) speed(boxOf(target), target.value);
});

const KEYS = { ArrowLeft: -SMALL, ArrowDown: -SMALL, ArrowRight: SMALL, ArrowUp: SMALL, PageDown: -LARGE, PageUp: LARGE };

document.addEventListener("keydown", (event) => {
  if (!event.target.matches?.("[data-player] .place") || event.ctrlKey || event.metaKey || event.altKey) return;
  const box = boxOf(event.target);
  if (event.key === " ") toggle(box);
  else if (KEYS[event.key]) seek(box, placeOf(box) + KEYS[event.key]);
  else if (event.key === "Home") seek(box, 0);
  else if (event.key === "End") seek(box, lengthOf(box));
  else return;
  event.preventDefault();
});

const HEARD = {
  play(box, audio) {
    if (loud && loud !== audio) loud.pause();
    loud = audio;
    box.dataset.begun = "";
    say(box, "");
    show(box, true);
  },
  pause: (box) => show(box, false),
  ended: (box) => show(box, false),
  timeupdate: (box) => draw(box),
  durationchange: (box) => draw(box),
  error: failed,
};

for (const [kind, told] of Object.entries(HEARD)) {
  document.addEventListener(kind, ({ target }) => {
    const box = target instanceof HTMLAudioElement && boxOf(target);
    if (box) told(box, target);
  }, true); // media events don't bubble
}
