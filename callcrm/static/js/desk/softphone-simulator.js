// The desk's telephone in the demo: rings and speaks with the simulated carrier. Nobody's voice is in it.

import { socketAddressOf } from "../shared/addresses.js";

/**
 * The driver of softphone.js, once calls can ring here; rejected while the demo can't be reached.
 * @param {import("./softphone.js").DriverEvents} events
 * @returns {Promise<import("./softphone.js").Driver>}
 */
export function connect({ ringing, connected, ended, closed }) {
  const socket = new WebSocket(socketAddressOf("/demo/softphone"));
  /** @param {object} message */
  const send = (message) => {
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
  };

  socket.addEventListener("message", ({ data }) => {
    const message = JSON.parse(data);
    if (message.ring) ringing();
    else if (message.connected) connected();
    else if (message.ended) ended();
  });
  return new Promise((resolve, reject) => {
    socket.addEventListener("open", () => {
      socket.addEventListener("close", closed);
      resolve({
        answer: () => send({ answer: true }),
        hangup: () => send({ hangup: true }),
        mute: () => {}, // there is no voice to silence
        close: () => socket.close(),
      });
    });
    socket.addEventListener("close", reject);
  });
}
