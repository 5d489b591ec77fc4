"""A carrier's media server that answers as a test says, and remembers what it was asked."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

WAV = b"RIFF\x24\x10\x00\x00WAVEfmt " + bytes(range(256)) * 300
MP3 = b"ID3\x04" + b"\x00" * 500
Reply = Callable[[BaseHTTPRequestHandler], None]


class Handler(BaseHTTPRequestHandler):
    """Answers as the test says and remembers what was asked."""

    server: Any

    def do_GET(self) -> None:
        self.server.requests.append((self.path, self.headers.get("Authorization")))
        replies = self.server.replies
        (replies.pop(0) if len(replies) > 1 else replies[0])(self)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


def sends(body: bytes, *, status: int = 200, length: int | None = None, kind: str = "audio/x-wav") -> Reply:
    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(body) if length is None else length))
        handler.end_headers()
        handler.wfile.write(body)

    return reply


def redirects(to: str) -> Reply:
    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(302)
        # It is a ThreadingHTTPServer.
        handler.send_header("Location", to.replace("SELF", f"http://127.0.0.1:{handler.server.server_port}"))  # type: ignore[attr-defined]
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return reply


def drips(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(WAV[:20])
    time.sleep(1)


def of_unknown_length(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    handler.wfile.write(WAV)


def chunked(handler: BaseHTTPRequestHandler) -> None:
    handler.protocol_version = "HTTP/1.1"
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    handler.wfile.write(b"%x\r\n%b\r\n0\r\n\r\n" % (len(WAV), WAV))


@contextmanager
def carrier(*replies: Reply) -> Iterator[Any]:
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.replies, server.requests = list(replies), []
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
