"""One connection fills no memory, slow ones take no slots, webhooks always find one: over real sockets."""

import resource
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from statistics import median
from urllib.parse import urlencode

import psutil
import pytest
from starlette.types import Receive, Scope, Send

from callcrm.edge.server import connection_slots, protocol
from callcrm.edge.server.connection_slots import SLOTS, ConnectionSlots
from callcrm.simulator.wire.signature import sign
from tests.posts import inbound
from tests.running import TOKEN, Server, free_port, small_flow
from tests.server_thread import ThreadedServer, serve

pytestmark = pytest.mark.one_engine

FILES = 1024  # what a system allows a process by default
FLOOD = 1100
FORM = "application/x-www-form-urlencoded"
STREAM = b"GET /api/v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n"
HALF = b"POST /webhooks/twilio/voice HTTP/1.1\r\nHost: x\r\nX-A: 1\r\n"
LENGTH = b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 400000\r\n"
HALVES = {
    "head": HALF,
    "webhook": HALF + LENGTH + b"\r\nCallSid=",
    "page": HALF.replace(b"webhooks/twilio/voice", b"login") + LENGTH + b"\r\nemail=",
    "asks first": HALF + LENGTH + b"Expect: 100-continue\r\n\r\n",
}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server of its own, which may have 1,024 files open and no more."""
    limited = ("sh", "-c", f'ulimit -n {FILES}; exec "$@"', "sh")
    server = Server(tmp_path, prefix=limited, extra=small_flow(tmp_path))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def thread(tmp_path: Path) -> Iterator[ThreadedServer]:
    """A server in this process, whose deadlines may be changed."""
    server = ThreadedServer(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def _many_files() -> Iterator[None]:
    """As many files for the test itself as it opens."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[1], before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def connect(server: Server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=20)


def exchange(server: Server, request: bytes) -> bytes:
    """All that is answered to these bytes, until the connection ends."""
    with connect(server) as client:
        client.sendall(request)
        return until_end(client)


def until_end(client: socket.socket) -> bytes:
    answer = b""
    with suppress(ConnectionError):
        while piece := client.recv(65536):
            answer += piece
    return answer


def voice(server: Server, number: int = 1) -> float:
    """Milliseconds in which a signed voice webhook is answered, by a connection of its own."""
    url, fields = f"{server.url}/webhooks/twilio/voice", inbound(f"CA{number:032x}", "+12025550134")
    body = urlencode(fields).encode()
    head = (
        f"POST /webhooks/twilio/voice HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: {FORM}\r\n"
        f"X-Twilio-Signature: {sign(TOKEN, url, fields.items())}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    began = time.perf_counter()
    answer = exchange(server, head.encode() + body)
    assert answer.startswith(b"HTTP/1.1 200"), answer[:200]
    return (time.perf_counter() - began) * 1000


def resident(server: Server) -> float:
    """Megabytes of memory of the server."""
    assert server.process is not None
    return float(psutil.Process(server.process.pid).memory_info().rss / 1e6)


@pytest.mark.own_process
def test_endless_headers_are_cut_off(server: Server) -> None:
    before, sent, piece = resident(server), 0, b"X-A: " + b"a" * 65536 + b"\r\n"
    with connect(server) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
        with suppress(OSError):
            while sent < 400e6:
                client.sendall(piece)
                sent += len(piece)
    assert sent < 20e6
    assert resident(server) - before < 20
    assert voice(server) < 500


@pytest.mark.own_process
@pytest.mark.parametrize("part", HALVES.values(), ids=HALVES)
def test_half_sent_requests_leave_room_for_webhooks(server: Server, part: bytes) -> None:
    voice(server)
    with ExitStack() as stack:
        for _ in range(FLOOD):
            client = stack.enter_context(connect(server))
            client.sendall(part)
        until(server.answers)  # the flood is taken in, and stays
        times = [voice(server, number) for number in range(2, 7)]
    assert median(times) < 500, times  # the machine may do something else in between


@pytest.mark.own_process
def test_streams_of_one_token_leave_room_for_webhooks_and_others(server: Server) -> None:
    secret = server.run("token", "add", "wallboard", "--role", "supervisor").stdout.strip()
    other = server.run("token", "add", "other", "--role", "supervisor").stdout.strip()
    voice(server)
    with ExitStack() as stack:
        answers = []
        for _ in range(FLOOD):
            client = stack.enter_context(connect(server))
            client.sendall(STREAM % secret.encode())
            answers.append(client)
        codes = [client.recv(12)[9:12] for client in answers]
        times = [voice(server, number) for number in range(2, 7)]
        another = stack.enter_context(connect(server))
        another.sendall(STREAM % other.encode())
        assert another.recv(12)[9:12] == b"200"
    # Of those that come at once some more may begin, and end at once.
    assert 50 <= codes.count(b"200") <= 150
    assert set(codes) == {b"200", b"429"}
    assert median(times) < 500, times  # the machine may do something else in between


@pytest.mark.own_process
def test_the_limit_of_files_is_raised_at_start(tmp_path: Path) -> None:
    soft = ("sh", "-c", 'ulimit -Sn 256; exec "$@"', "sh")
    server = Server(tmp_path, prefix=soft, extra=small_flow(tmp_path))
    server.start()
    assert server.process is not None
    raised = resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE)
    server.stop()
    assert raised[0] == raised[1] > 256


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", b"414"),
        (b"GET / HTTP/1.1\r\n" + b"X-A: 1\r\n" * 200 + b"\r\n", b"431"),
        (b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" * 60, b"429"),
        (b"\r\n" * 40_000, b"431"),
        (b"nonsense\r\n\r\n", b"400"),
    ],
)
def test_what_is_too_much_is_told_so(thread: ThreadedServer, request_bytes: bytes, status: bytes) -> None:
    assert b"HTTP/1.1 " + status in exchange(thread, request_bytes)


@pytest.mark.parametrize("field", [b"X-A: " + b"a" * 65536 + b"\r\n", b"a" * 65536])
def test_endless_trailers_are_cut_off(thread: ThreadedServer, field: bytes) -> None:
    sent = 0
    with connect(thread) as client:
        client.sendall(
            b"POST /login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-B: "
        )
        with suppress(OSError):
            while sent < 50e6:
                client.sendall(field)
                sent += len(field)
    assert sent < 20e6


def test_chunks_without_bytes_in_them_are_cut_off(thread: ThreadedServer) -> None:
    sent, piece = 0, (b"1;" + b"e" * 8000 + b"\r\na\r\n") * 8
    with connect(thread) as client:
        client.sendall(HALF + b"Transfer-Encoding: chunked\r\n\r\n")
        with suppress(OSError):
            while sent < 50e6:
                client.sendall(piece)
                sent += len(piece)
    assert sent < 20e6


@pytest.mark.parametrize(
    "beginning",
    [
        b"",
        b"GET",
        HALF,
        HALF + b"Content-Length: 100\r\n\r\nCallSid",
        HALF + b"Transfer-Encoding: chunked\r\n\r\n5\r\nCallS\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /he",
    ],
)
def test_whoever_sends_too_slowly_is_let_go(
    thread: ThreadedServer, monkeypatch: pytest.MonkeyPatch, beginning: bytes
) -> None:
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.3)
    monkeypatch.setattr(protocol, "BODY_SECONDS", 0.3)
    with connect(thread) as client:
        client.sendall(beginning)
        answer = until_end(client)
    assert b"408" in answer


def test_a_byte_now_and_then_gains_no_time(thread: ThreadedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.5)
    sent = 0
    with connect(thread) as client:
        client.sendall(HALF)
        with suppress(OSError):
            while sent < 200:
                client.sendall(b"a")
                sent += 1
                time.sleep(0.05)
    assert sent < 60


def test_a_large_body_has_the_time_it_needs(thread: ThreadedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "BODY_SECONDS", 0.2)
    monkeypatch.setattr(protocol, "BYTES_PER_SECOND", 10_000)
    with connect(thread) as client:
        client.sendall(HALF + b"Content-Length: 40000\r\n\r\n")
        for _ in range(8):
            client.sendall(b"a" * 5000)
            time.sleep(0.1)
        assert client.recv(12)[9:12] == b"403"  # it has no signature


@pytest.mark.parametrize(
    ("most", "begun", "rest"),
    [
        (1_000_000, HALF + LENGTH + b"\r\n" + b"a" * 399_000, b"a" * 1000),
        (150_000, HALF + b"X-B: " + b"a" * 60_000, b"\r\n\r\n"),
    ],
    ids=["bodies", "heads"],
)
def test_requests_that_are_not_whole_fill_no_memory(
    thread: ThreadedServer, monkeypatch: pytest.MonkeyPatch, most: int, begun: bytes, rest: bytes
) -> None:
    monkeypatch.setattr(connection_slots, "MAX_HELD", most)
    with ExitStack() as stack:
        clients = [stack.enter_context(connect(thread)) for _ in range(3)]
        for client in clients:
            client.sendall(begun)
        clients[0].settimeout(5)
        assert until_end(clients[0]) == b""  # it had to give way to the third
        for client in clients[1:]:
            client.sendall(rest)
            assert client.recv(12)[9:12] == b"403"
    until(lambda: SLOTS.held == 0)


async def talkative(scope: Scope, receive: Receive, send: Send) -> None:
    """An app with more to say than a socket holds."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for left in reversed(range(800)):
        await send({"type": "http.response.body", "body": b"a" * 65536, "more_body": left > 0})


def test_a_client_that_takes_nothing_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "STALL_SECONDS", 0.3)
    stalled: list[protocol.BoundedProtocol] = []
    pause_writing = protocol.BoundedProtocol.pause_writing

    def noted(self: protocol.BoundedProtocol) -> None:
        stalled.append(self)
        pause_writing(self)

    monkeypatch.setattr(protocol.BoundedProtocol, "pause_writing", noted)
    port = free_port()
    with serve(talkative, port, lifespan="off"), socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        until(lambda: bool(stalled) and stalled[-1].transport.is_closing())
        assert until_end(client)


def test_a_client_that_takes_nothing_gives_up_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(vars(SLOTS), "limit", 1)
    stalled: list[protocol.BoundedProtocol] = []
    pause_writing = protocol.BoundedProtocol.pause_writing

    def noted(self: protocol.BoundedProtocol) -> None:
        pause_writing(self)
        stalled.append(self)

    monkeypatch.setattr(protocol.BoundedProtocol, "pause_writing", noted)
    port = free_port()
    with serve(talkative, port, lifespan="off"), socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        until(lambda: bool(stalled))
        with socket.create_connection(("127.0.0.1", port)) as another:
            another.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert another.recv(12)[9:12] == b"200"
        assert stalled[0].transport.is_closing()


def test_a_connection_whose_request_was_answered_early_waits_again(thread: ThreadedServer) -> None:
    with connect(thread) as client:
        client.sendall(HALF.replace(b"webhooks/twilio/voice", b"none") + LENGTH + b"\r\n")
        assert client.recv(12)[9:12] == b"404"
        client.sendall(b"a" * 400_000)
        until(lambda: len(SLOTS) > 0 and not SLOTS.working)


def until(condition: Callable[[], bool]) -> None:
    for _ in range(500):
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError("it has not come")


class Asker:
    """A connection that remembers whether it had to go."""

    gone = False

    def give_up(self) -> None:
        self.gone = True


def test_the_one_that_waits_longest_gives_up_its_slot() -> None:
    slots, askers = ConnectionSlots(), [Asker() for _ in range(5)]
    slots.limit = 3
    for asker in askers[:3]:
        slots.take(asker)
    slots.work(askers[0])
    slots.wait(askers[1])
    slots.take(askers[3])
    assert [asker.gone for asker in askers] == [False, False, True, False, False]
    slots.work(askers[1])
    slots.work(askers[3])
    slots.take(askers[4])
    assert not askers[4].gone  # all others are at work: it is served as long as there are files
    assert len(slots) == 4
