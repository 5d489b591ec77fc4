// A WebSocket that comes back: used by the demo's phone, its ledger and the simulated softphone.

const FIRST_PAUSE = 300;
const LONGEST_PAUSE = 4000;

/**
 * Opens `path()` and opens it again whenever it is lost. `heard(message)` gets each message; `open()` and
 * `lost()` tell of the connection. Answers with `say(message)`, false if nobody can hear it, and `close()`.
 */
export function connect(path, { heard, open = () => {}, lost = () => {} }) {
  let socket = null;
  let pause = FIRST_PAUSE;
  let closed = false;
  let timer = 0;

  function begin() {
    const url = new URL(path(), location.href);
    url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    socket = new WebSocket(url);
    socket.addEventListener("open", () => {
      pause = FIRST_PAUSE;
      open();
    });
    socket.addEventListener("message", ({ data }) => heard(JSON.parse(data)));
    socket.addEventListener("close", again);
  }

  function again() {
    if (closed) return;
    lost();
    timer = setTimeout(begin, pause);
    pause = Math.min(pause * 2, LONGEST_PAUSE);
  }

  begin();
  return {
    say(message) {
      if (socket.readyState !== WebSocket.OPEN) return false;
      socket.send(JSON.stringify(message));
      return true;
    },
    close() {
      closed = true;
      clearTimeout(timer);
      socket.close();
    },
  };
}
