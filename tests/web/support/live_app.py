"""The app in the test's own event loop: its users, their live streams, and the carrier's side of calls."""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlencode

import httpx
from sqlmodel import Session
from starlette.applications import Starlette

from callcrm.agents import sessions, states, users
from callcrm.app import build
from callcrm.base.clock import Clock
from callcrm.services import Services
from callcrm.simulator.wire.signature import sign
from callcrm.web.security import cookie_name
from tests.posts import completed, inbound
from tests.running import TOKEN
from tests.running_app import FORM, PUBLIC, proven_flows, settings_for
from tests.web.support.event_stream import EventStream

T = TypeVar("T")
DESK_PARTS = ("/desk/call-panel", "/desk/state")


@dataclass
class Person:
    """A signed-in user."""

    id: str
    cookie: str
    csrf: str


@dataclass
class RingingCall:
    """A call and the last TwiML document it got: who is rung, and where the next request goes."""

    sid: str
    fields: dict[str, str]
    document: str

    def url(self, tag: str, attribute: str) -> str:
        """The path in this attribute of the document's first such tag."""
        match = re.search(rf'<{tag}\b[^>]*\b{attribute}="([^"]+)"', self.document)
        assert match, self.document
        return match[1].replace("&amp;", "&").removeprefix(PUBLIC)


@dataclass
class LiveApp:
    """The running app, called through ASGI; `people` has its users by name."""

    asgi: Starlette
    client: httpx.AsyncClient
    calls: int = 0
    people: dict[str, Person] = field(default_factory=dict)

    @property
    def services(self) -> Services:
        """The app's services."""
        services: Services = self.asgi.state.services
        return services

    async def do(self, verb: Callable[[Session], T]) -> T:
        """What a verb returns, once it is durable."""
        return await self.services.store.write(verb)

    async def hire(self, name: str, role: str = "agent", *, number: str | None = None) -> Person:
        """Adds a user who is signed in and, as an agent, available."""
        now = self.services.clock.now()

        def verb(session: Session) -> tuple[str, str, str]:
            email = f"{name}@example.test"
            user = users.add_user(session, email, role, name.title(), number, None, now)
            if role == "agent":
                states.set_state(session, user.id, "available", now)
            secret = sessions.create_session(session, user.id, "tests", now)
            signed_in = sessions.authenticate(session, secret, now)
            assert signed_in is not None
            return user.id, secret, signed_in.csrf

        user, secret, csrf = await self.do(verb)
        cookie = f"{cookie_name(self.services.settings)}={secret}"
        self.people[name] = Person(user, cookie, csrf)
        return self.people[name]

    async def get(self, person: Person, path: str) -> httpx.Response:
        """The response to this person's GET, sent as htmx does."""
        return await self.client.get(path, headers={"Cookie": person.cookie, "HX-Request": "true"})

    async def post(self, person: Person, path: str, **fields: str) -> httpx.Response:
        """The response to this person's form, sent as htmx does."""
        headers = {"Cookie": person.cookie, "X-CSRF-Token": person.csrf, "HX-Request": "true"}
        return await self.client.post(path, data=fields, headers=headers)

    def stream(self, person: Person, after: str | None = None, *, reads: bool = True) -> EventStream:
        """A new live stream of this person, resumed after this event id."""
        return EventStream(self.asgi, person.cookie, after, reads=reads)

    async def desk_parts(self, person: Person) -> dict[str, str]:
        """The HTML of this person's desk, by the path of each part."""
        parts = [(await self.get(person, path)).text for path in DESK_PARTS]
        return dict(zip(DESK_PARTS, parts, strict=True))

    # --- the carrier ---

    async def carrier(self, path: str, fields: dict[str, str]) -> str:
        """The TwiML answer to a signed post of the carrier."""
        headers = {"X-Twilio-Signature": sign(TOKEN, PUBLIC + path, fields.items()), "Content-Type": FORM}
        response = await self.client.post(path, content=urlencode(fields), headers=headers)
        assert response.status_code < 300, response.text
        return response.text

    async def ring(self, caller: str, key: str = "1") -> RingingCall:
        """A new call that has gone through the menu, where it pressed `key`."""
        self.calls += 1
        sid = f"CA{self.calls:032x}"
        fields = inbound(sid, caller)
        ringing = RingingCall(sid, fields, await self.carrier("/webhooks/twilio/voice", fields))
        while "<Gather" in ringing.document and "<Dial" not in ringing.document:
            turn = fields | {"Digits": key, "CallStatus": "in-progress"}
            ringing.document = await self.carrier(ringing.url("Gather", "action"), turn)
        return ringing

    async def answer(self, ringing: RingingCall) -> None:
        """The agent who is rung picks up and presses 1."""
        leg = ringing.fields | {"CallSid": f"{ringing.sid}leg{self.calls}", "ParentCallSid": ringing.sid}
        leg |= {"CallStatus": "in-progress", "Direction": "outbound-dial"}
        screening = RingingCall(ringing.sid, leg, await self.carrier(ringing.url("Number", "url"), leg))
        await self.carrier(screening.url("Gather", "action"), leg | {"Digits": "1"})

    async def pass_on(self, ringing: RingingCall) -> None:
        """Nobody picks up, and the next agent is rung."""
        turn = ringing.fields | {"DialCallStatus": "no-answer", "CallStatus": "in-progress"}
        ringing.document = await self.carrier(ringing.url("Dial", "action"), turn)

    async def end(self, ringing: RingingCall, seconds: int = 30) -> None:
        """The call ends after so many seconds."""
        await self.carrier(
            "/webhooks/twilio/status",
            completed(ringing.sid, seconds)
            | {name: ringing.fields[name] for name in ("From", "Caller", "To", "Called")},
        )


@asynccontextmanager
async def open_live_app(database_url: str, folder: Path, clock: Clock) -> AsyncIterator[LiveApp]:
    """The app, with all its background work, until the end of the block."""
    settings = settings_for(database_url, folder / "data")
    app = build(settings, clock=clock, flows=proven_flows(settings.flows))
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(app.router.lifespan_context(app))
        transport = httpx.ASGITransport(app=app)
        client = await stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url=PUBLIC))
        yield LiveApp(app, client)
