// A WebSocket that comes back: used by the demo's phone and its ledger.

import { socketAddressOf } from "../shared/addresses.js";
import { SOCKET_RETRY, SOCKET_RETRY_LONGEST } from "../shared/durations.js";

/**
 * Opens `path()`, and again whenever the socket is lost. `received` gets each message.
 * @param {() => string} path
 * @param {{ received: (message: any) => void, opened?: () => void, lost?: () => void }} tells
 */
export function connect(path, { received, opened = () => {}, lost = () => {} }) {
  let socket = open();
  let pause = SOCKET_RETRY;

  function open() {
    const opening = new WebSocket(socketAddressOf(path()));
    opening.addEventListener("open", () => {
      pause = SOCKET_RETRY;
      opened();
    });
    opening.addEventListener("message", ({ data }) => received(JSON.parse(data)));
    opening.addEventListener("close", again);
    return opening;
  }

  function again() {
    lost();
    setTimeout(() => {
      socket = open();
    }, pause);
    pause = Math.min(pause * 2, SOCKET_RETRY_LONGEST);
  }

  return {
    /**
     * Sends a message; false where nobody can get it.
     * @param {object} message
     */
    send(message) {
      if (socket.readyState !== WebSocket.OPEN) return false;
      socket.send(JSON.stringify(message));
      return true;
    },
  };
}
