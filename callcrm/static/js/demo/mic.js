// A message by microphone, as the plain WAV file that the carrier keeps.

const RATE = 16_000; // samples a second
const HEADER = 44; // bytes

/** Starts to record; `stop()` answers with the message as base64. Rejects where there is no microphone. */
export async function record() {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  const recorder = new MediaRecorder(stream);
  /** @type {Blob[]} */
  const pieces = [];
  recorder.addEventListener("dataavailable", ({ data }) => pieces.push(data));
  recorder.start();
  return {
    async stop() {
      const over = new Promise((resolve) => recorder.addEventListener("stop", resolve, { once: true }));
      if (recorder.state !== "inactive") {
        recorder.stop();
        await over;
      }
      for (const track of stream.getTracks()) track.stop();
      return base64(wav(await samples(new Blob(pieces))));
    },
  };
}

/** @param {Blob} recorded */
async function samples(recorded) {
  const decoder = new OfflineAudioContext(1, 1, RATE);
  const sound = await decoder.decodeAudioData(await recorded.arrayBuffer());
  const mixer = new OfflineAudioContext(1, Math.max(1, Math.ceil(sound.duration * RATE)), RATE);
  const source = new AudioBufferSourceNode(mixer, { buffer: sound });
  source.connect(mixer.destination);
  source.start();
  return (await mixer.startRendering()).getChannelData(0);
}

/**
 * A WAV file: the RIFF header of plain 16-bit samples in one channel, and the samples.
 * @param {Float32Array} floats
 */
function wav(floats) {
  const view = new DataView(new ArrayBuffer(HEADER + floats.length * 2));
  /** @param {number} at @param {string} letters */
  const text = (at, letters) => {
    for (const [place, letter] of [...letters].entries()) view.setUint8(at + place, letter.charCodeAt(0));
  };
  text(0, "RIFF");
  view.setUint32(4, HEADER - 8 + floats.length * 2, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true); // plain samples
  view.setUint16(22, 1, true); // one channel
  view.setUint32(24, RATE, true);
  view.setUint32(28, RATE * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  text(36, "data");
  view.setUint32(40, floats.length * 2, true);
  for (const [place, value] of floats.entries()) {
    view.setInt16(HEADER + place * 2, Math.max(-1, Math.min(1, value)) * 32_767, true);
  }
  return new Uint8Array(view.buffer);
}

/** @param {Uint8Array} bytes */
function base64(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}
