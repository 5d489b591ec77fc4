"""The whole app in one process for tests: real HTTP semantics, signed posts as the carrier sends them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

from sqlalchemy import make_url
from sqlmodel import Session, func, select
from starlette.applications import Starlette
from starlette.testclient import TestClient

from callcrm import config
from callcrm.agents import states, tokens, users
from callcrm.app import build
from callcrm.base.clock import Clock
from callcrm.config import Settings
from callcrm.crm.seams import SEAMS, Seams
from callcrm.ivr.flows.loader import Flows, load_flows
from callcrm.models import Agent, CarrierEvent
from callcrm.services import Services
from callcrm.simulator.wire.signature import sign
from tests.clocks import CLOCK
from tests.databases import make_sqlite
from tests.posts import inbound
from tests.running import ACCOUNT, LINE, OPERATOR, TOKEN

PUBLIC = "https://calls.example.test"
FORM = "application/x-www-form-urlencoded; charset=UTF-8"


def settings_for(database_url: str, folder: Path, **more: str) -> Settings:
    """Settings of a small business on this database."""
    return config.load_settings(
        {
            "CALLCRM_DATABASE_URL": database_url,
            "CALLCRM_DATA_DIR": str(folder),
            "CALLCRM_OPERATOR_NUMBER": OPERATOR,
            "CALLCRM_NUMBERS": LINE,
            "CALLCRM_PUBLIC_URL": PUBLIC,
            "CALLCRM_TRUSTED_PROXIES": "127.0.0.1",
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": TOKEN,
            "CALLCRM_TWILIO_API_URL": "http://127.0.0.1:9",
            **more,
        }
    )


@dataclass
class RunningApp:
    """A running app; `post` sends as the carrier, `get` and `send` as an API client with a token."""

    asgi: Starlette
    client: TestClient
    bearer: str
    agents: dict[str, str] = field(default_factory=dict)

    @property
    def services(self) -> Services:
        """The services behind the edges."""
        services: Services = self.asgi.state.services
        return services

    def post(self, path: str, fields: dict[str, str], *, token: str = TOKEN, **headers: str) -> Any:
        """Sends a signed request of the carrier."""
        settings = self.services.settings
        url = settings.public_url + path.removeprefix(settings.path_prefix)
        signature = {"X-Twilio-Signature": sign(token, url, fields.items()), "Content-Type": FORM}
        return self.client.post(path, content=urlencode(fields), headers={**signature, **headers})

    def twiml(self, path: str, fields: dict[str, str]) -> "Document":
        """Sends a call-flow request; the TwiML it gets."""
        response = self.post(path, fields)
        assert response.status_code == 200, response.text
        assert response.headers["content-type"].startswith("application/xml")
        return Document(response.text)

    def rings(self, sid: str, caller: str = "+12025550134") -> "Document":
        """Sends the first request of an inbound call."""
        return self.twiml("/webhooks/twilio/voice", inbound(sid, caller))

    def get(self, path: str, **query: str) -> Any:
        """Gets JSON from the API."""
        response = self.client.get(f"/api/v1{path}", params=query, headers=self.authorization)
        assert response.status_code == 200, response.text
        return response.json()

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Sends any request to the API."""
        return self.client.request(
            method, f"/api/v1{path}", json=body, headers={**self.authorization, **headers}
        )

    @property
    def authorization(self) -> dict[str, str]:
        """The Authorization header of our token."""
        return {"Authorization": f"Bearer {self.bearer}"}

    def hire(self, name: str, number: str | None = None, *, available: bool = True) -> str:
        """Adds an agent with this phone number; their id."""
        self.agents[name] = hire(self.services, name, number, available=available)
        return self.agents[name]

    def agent(self, agent_id: str) -> Agent:
        """An agent's row."""
        agent = self.services.store.read_now(lambda session: session.get(Agent, agent_id))
        assert agent is not None
        return agent


class Document:
    """A parsed TwiML document."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.root = ElementTree.fromstring(text)
        assert self.root.tag == "Response"

    @property
    def verbs(self) -> list[str]:
        """The names of its top-level verbs."""
        return [verb.tag for verb in self.root]

    def find(self, tag: str) -> ElementTree.Element:
        """The first element of this name."""
        element = self.root.find(f".//{tag}")
        assert element is not None, self.text
        return element

    def path(self, tag: str, attribute: str = "action") -> str:
        """A URL of the document, without scheme and host."""
        return re.sub(r"^https?://[^/]+", "", self.find(tag).get(attribute) or self.find(tag).text or "")

    def rung(self) -> list[str]:
        """Every number, address and softphone the document rings."""
        rung = [element for element in self.root.iter() if element.tag in ("Number", "Sip", "Client")]
        # the carrier rings a number that stands in a Dial by itself, too
        rung += [element for element in self.root.iter("Dial") if (element.text or "").strip()]
        return [(element.text or element.findtext("Identity") or "").strip() for element in rung]


def count_events(session: Any) -> int:
    """How many events the ledger holds."""
    return int(session.exec(select(func.count()).select_from(CarrierEvent)).one())


@cache
def proven_flows(folder: Path) -> Flows:
    """The flows of a folder, proven once a process: that is the slowest part of starting an app."""
    return load_flows(folder)


@contextmanager
def open_app(
    settings: Settings,
    clock: Clock = CLOCK,
    *,
    stocked: bool = True,
    background: bool = True,
    seams: Seams = SEAMS,
) -> Iterator[RunningApp]:
    """The app, running for as long as the block; without `stocked` its store has no tables and it no token.

    Without `background` it only answers requests: no jobs, no periodic work, no replay of the spool.
    """
    if stocked and settings.on_sqlite:
        make_sqlite(Path(make_url(settings.database).database or ""))
    app = build(settings, clock=clock, flows=proven_flows(settings.flows), background=background, seams=seams)
    proxy = ("127.0.0.1", 50000)  # as if a proxy passed requests on, which tells where they come from
    with TestClient(app, base_url=PUBLIC, raise_server_exceptions=False, client=proxy) as client:
        yield RunningApp(app, client, issue_token(app.state.services) if stocked else "")


def hire(services: Services, name: str, number: str | None = None, *, available: bool = True) -> str:
    """Adds an agent with this phone number, available or offline; their id."""
    email, now = f"{name.lower()}@example.test", services.clock.now()

    def add(session: Session) -> str:
        user = users.add_user(
            session, email=email, role="agent", name=name, number=number, password=None, now=now
        )
        if available:
            states.set_state(session, user.id, "available", now)
        return user.id

    return services.store.write_now(add)


def issue_token(services: Services, name: str = "tests") -> str:
    """A new bearer token of the role admin."""
    now = services.clock.now()
    return services.store.write_now(
        lambda session: tokens.add_token(session, name=name, role="admin", user_email=None, now=now)
    )
