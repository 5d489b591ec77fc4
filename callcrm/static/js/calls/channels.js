// One channel of a recording alone: both voices stay on their sides, and only one of them is let through.

/** @type {WeakMap<HTMLAudioElement, { context: AudioContext, gains: GainNode[] }>} */
const mixers = new WeakMap();

/** @param {HTMLAudioElement} audio */
function mixerOf(audio) {
  const mixer = mixers.get(audio) ?? makeMixer(audio);
  mixers.set(audio, mixer); // an element can be a source only once
  return mixer;
}

/** @param {HTMLAudioElement} audio */
function makeMixer(audio) {
  const context = new AudioContext();
  const splitter = context.createChannelSplitter(2);
  const gains = [0, 1].map((channel) => {
    const gain = context.createGain();
    splitter.connect(gain, channel);
    gain.connect(context.destination);
    return gain;
  });
  context.createMediaElementSource(audio).connect(splitter);
  return { context, gains };
}

/**
 * @param {HTMLAudioElement} audio
 * @param {string} channel "0", "1" or "both"
 */
export function letThrough(audio, channel) {
  // Without a mixer both are heard, and the sound need not go through one.
  if (channel === "both" && !mixers.has(audio)) return;
  const { context, gains } = mixerOf(audio);
  context.resume();
  for (const [index, gain] of gains.entries()) {
    gain.gain.value = channel === "both" || channel === String(index) ? 1 : 0;
  }
}
