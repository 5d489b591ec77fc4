"""Screens that watch a house at work: their streams, what they fetch, and the carrier's side of calls."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode

import httpx
from sqlmodel import Session
from starlette.applications import Starlette
from starlette.types import Message

from callcrm.agents import sessions, states, users
from callcrm.app import build
from callcrm.base.clock import Clock
from callcrm.services import Services
from callcrm.simulator.wire.signature import sign
from callcrm.web.security import cookie_name
from tests.posts import completed, inbound
from tests.running import TOKEN
from tests.running_app import FORM, PUBLIC, proven_flows, settings_for

T = TypeVar("T")
EVENT = re.compile(r"(?:id: (?P<id>\S+)\n)?event: (?P<kind>\S+)\ndata: (?P<data>.*)")
DESK_PARTS = ("/desk/call-panel", "/desk/state")


@dataclass(frozen=True)
class StreamEvent:
    """One event of a stream."""

    id: str | None
    kind: str
    data: str


class EventStream:
    """A stream that a browser holds open."""

    def __init__(self, app: Starlette, cookie: str, after: str | None = None, *, reads: bool = True) -> None:
        self.raw, self.mark = "", after
        self.status = 0
        self.over = asyncio.Event()
        self.told: asyncio.Queue[StreamEvent] = asyncio.Queue()
        self._reads, self._left = reads, asyncio.Event()
        self._ready = asyncio.Event()
        headers = {"cookie": cookie, **({"last-event-id": after} if after else {})}
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "GET",
            "path": "/desk/events",
            "raw_path": b"/desk/events",
            "query_string": b"",
            "root_path": "",
            "scheme": "https",
            "server": ("127.0.0.1", 443),
            "client": ("127.0.0.1", 50000),
            "headers": [(name.encode(), text.encode()) for name, text in headers.items()],
        }
        self._running = asyncio.create_task(app(scope, self._receive, self._send))
        self._running.add_done_callback(lambda _: self._ended())

    async def ready(self) -> "EventStream":
        """The same, once nothing can be missed any more."""
        async with asyncio.timeout(30):
            await self._ready.wait()
        return self

    async def leave(self) -> None:
        """The browser goes away."""
        self._left.set()
        await asyncio.gather(self._running, return_exceptions=True)

    async def _receive(self) -> Message:
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            return
        if self._ready.is_set() and not self._reads:
            await asyncio.Event().wait()
        piece = message.get("body", b"").decode()
        self.raw += piece
        for found in EVENT.finditer(piece):
            one = StreamEvent(found["id"], found["kind"], found["data"])
            self.mark = one.id or self.mark
            self.told.put_nowait(one)
            if one.kind == "hello":
                self._ready.set()

    def _ended(self) -> None:
        self.over.set()
        self._ready.set()


@dataclass
class Person:
    """Somebody signed in."""

    id: str
    cookie: str
    csrf: str


@dataclass
class RingingCall:
    """A call that is offered to somebody: the document says on which number, and what to ask next."""

    sid: str
    fields: dict[str, str]
    document: str

    def url(self, tag: str, attribute: str) -> str:
        """A path the document names."""
        found = re.search(rf'<{tag}\b[^>]*\b{attribute}="([^"]+)"', self.document)
        assert found, self.document
        return found[1].replace("&amp;", "&").removeprefix(PUBLIC)


@dataclass
class LiveApp:
    """The whole house in the test's own event loop."""

    asgi: Starlette
    client: httpx.AsyncClient
    calls: int = 0
    people: dict[str, Person] = field(default_factory=dict)

    @property
    def services(self) -> Services:
        """The parts behind the edges."""
        found: Services = self.asgi.state.services
        return found

    async def do(self, verb: Callable[[Session], T]) -> T:
        """What a verb returns, once it is durable."""
        return await self.services.store.write(verb)

    async def hire(self, name: str, role: str = "agent", *, number: str | None = None) -> Person:
        """Somebody new, signed in and ready."""
        now = self.services.clock.now()

        def verb(session: Session) -> tuple[str, str, str]:
            email = f"{name}@example.test"
            user = users.add_user(session, email, role, name.title(), number, None, now)
            if role == "agent":
                states.set_state(session, user.id, "available", now)
            secret = sessions.create_session(session, user.id, "tests", now)
            who = sessions.authenticate(session, secret, now)
            assert who is not None
            return user.id, secret, who.csrf

        user, secret, csrf = await self.do(verb)
        cookie = f"{cookie_name(self.services.settings)}={secret}"
        self.people[name] = Person(user, cookie, csrf)
        return self.people[name]

    async def get(self, who: Person, path: str) -> httpx.Response:
        """What the browser of somebody is answered."""
        return await self.client.get(path, headers={"Cookie": who.cookie, "HX-Request": "true"})

    async def post(self, who: Person, path: str, **fields: str) -> httpx.Response:
        """The answer to a form of ours."""
        headers = {"Cookie": who.cookie, "X-CSRF-Token": who.csrf, "HX-Request": "true"}
        return await self.client.post(path, data=fields, headers=headers)

    def stream(self, who: Person, after: str | None = None, *, reads: bool = True) -> EventStream:
        """A stream of somebody's."""
        return EventStream(self.asgi, who.cookie, after, reads=reads)

    async def seen(self, who: Person) -> dict[str, str]:
        """What stands on somebody's desk, the same for all who stand alike."""
        answers = [(await self.get(who, path)).text for path in DESK_PARTS]
        return dict(zip(DESK_PARTS, answers, strict=True))

    # --- the carrier ---

    async def carrier(self, path: str, fields: dict[str, str]) -> str:
        """What we answer to a signed post."""
        signed = {"X-Twilio-Signature": sign(TOKEN, PUBLIC + path, fields.items()), "Content-Type": FORM}
        answer = await self.client.post(path, content=urlencode(fields), headers=signed)
        assert answer.status_code < 300, answer.text
        return answer.text

    async def rings(self, caller: str, key: str = "1") -> RingingCall:
        """A call that has come through the menu."""
        self.calls += 1
        sid = f"CA{self.calls:032x}"
        fields = inbound(sid, caller)
        ringing = RingingCall(sid, fields, await self.carrier("/webhooks/twilio/voice", fields))
        while "<Gather" in ringing.document and "<Dial" not in ringing.document:
            turn = fields | {"Digits": key, "CallStatus": "in-progress"}
            ringing.document = await self.carrier(ringing.url("Gather", "action"), turn)
        return ringing

    async def answered(self, ringing: RingingCall) -> None:
        """Whoever is rung picks up and presses 1."""
        leg = ringing.fields | {"CallSid": f"{ringing.sid}leg{self.calls}", "ParentCallSid": ringing.sid}
        leg |= {"CallStatus": "in-progress", "Direction": "outbound-dial"}
        asked = RingingCall(ringing.sid, leg, await self.carrier(ringing.url("Number", "url"), leg))
        await self.carrier(asked.url("Gather", "action"), leg | {"Digits": "1"})

    async def passed(self, ringing: RingingCall) -> None:
        """Nobody picks up: whoever is next is rung."""
        turn = ringing.fields | {"DialCallStatus": "no-answer", "CallStatus": "in-progress"}
        ringing.document = await self.carrier(ringing.url("Dial", "action"), turn)

    async def ended(self, ringing: RingingCall, seconds: int = 30) -> None:
        """The call is over."""
        await self.carrier(
            "/webhooks/twilio/status",
            completed(ringing.sid, seconds)
            | {name: ringing.fields[name] for name in ("From", "Caller", "To", "Called")},
        )


@asynccontextmanager
async def open_live_app(database_url: str, folder: Path, clock: Clock) -> AsyncIterator[LiveApp]:
    """The house at work until the end of the block."""
    settings = settings_for(database_url, folder / "data")
    app = build(settings, clock=clock, flows=proven_flows(settings.flows))
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(app.router.lifespan_context(app))
        transport = httpx.ASGITransport(app=app)
        client = await stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url=PUBLIC))
        yield LiveApp(app, client)


class Screen:
    """What one browser shows: fetched again when it is told of something, as the pages' scripts do.

    `cut`: it loses its line again and again, and goes on from the last id it got. `polls`: it has none.
    """

    def __init__(self, app: LiveApp, who: Person) -> None:
        self.app, self.who = app, who
        self.shown: dict[str, str] = {}
        self.kinds: list[tuple[str, str]] = []
        self.waiting = ""
        self.mark: str | None = None

    async def begin(self) -> None:
        """The page is loaded: what it shows, and the mark it came with, taken before."""
        self.mark = self.app.services.hub.last_event_id
        self.shown = await self.app.seen(self.who)
        self.waiting = (await self.app.get(self.who, "/desk/waiting")).text

    async def take(self, kind: str, data: str) -> None:
        """Something is new."""
        if kind == "waiting":
            self.waiting = data
        elif kind not in ("hello", "pulse"):
            self.kinds.append((kind, data))
            self.shown = await self.app.seen(self.who)

    async def listen(self, stay: Callable[[], float]) -> None:
        """Listen by streams, each for so many seconds, until cancelled."""
        while True:
            stream = await self.app.stream(self.who, self.mark).ready()
            try:
                async with asyncio.timeout(stay()):
                    while True:
                        one = await stream.told.get()
                        self.mark = one.id or self.mark
                        data = json.loads(one.data) if one.kind == "waiting" else one.data
                        await asyncio.shield(self.take(one.kind, data))
            except TimeoutError:
                pass
            finally:
                await stream.leave()

    async def poll(self, pause: Callable[[], float]) -> None:
        """Ask again and again, until cancelled."""
        while True:
            answer = await self.app.get(self.who, f"/desk/changes?after={self.mark or ''}")
            said: dict[str, Any] = answer.json()
            self.mark = said["mark"]
            for one in said["items"]:
                await self.take(one["kind"], one["subject"])
            if "waiting" in said:
                self.waiting = said["waiting"]
            await asyncio.sleep(pause())


forever = partial(float, 3600)
