// The desk's telephone in the demo: rings and speaks with the simulated carrier. Nobody's voice is in it.

/** The driver of softphone.js, once calls can ring here; rejected while the demo can't be reached. */
export function connect({ ringing, connected, ended, closed }) {
  const url = new URL("/demo/softphone", location.href);
  url.protocol = url.protocol.replace("http", "ws");
  const socket = new WebSocket(url);
  const say = (message) => socket.readyState === WebSocket.OPEN && socket.send(JSON.stringify(message));

  socket.addEventListener("message", ({ data }) => {
    const message = JSON.parse(data);
    if (message.ring) ringing(message.ring);
    else if (message.connected) connected();
    else if (message.ended) ended(message.ended);
  });
  return new Promise((ready, reject) => {
    socket.addEventListener("open", () => {
      socket.addEventListener("close", closed);
      ready({
        answer: () => say({ answer: true }),
        hangup: () => say({ hangup: true }),
        mute: () => {}, // there is no voice to silence
        close: () => socket.close(),
      });
    });
    socket.addEventListener("close", reject);
  });
}
