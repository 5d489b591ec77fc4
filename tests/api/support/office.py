"""An invented office for tests of the API, and what happened in it."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import httpx
import jsonschema  # type: ignore[import-untyped]  # it ships no types
from httpx2 import Response
from sqlmodel import Session, SQLModel
from starlette.testclient import TestClient

from callcrm import config
from callcrm.agents import tokens
from callcrm.api.all_endpoints import ENDPOINTS
from callcrm.api.http.openapi import document
from callcrm.calls.runtime import build_runtime
from callcrm.carrier.rest import open_rest_client
from callcrm.crm.seams import SEAMS
from callcrm.i18n.locale import LANGUAGES, Locale
from callcrm.ivr.flows.hours import Hours
from callcrm.ivr.flows.model import Flow, Flows
from callcrm.jobs.backlog import Backlog
from callcrm.live.hub import Hub
from callcrm.models import Agent, Call, Customer, CustomerPhone, User
from callcrm.recordings.local import LocalStorage
from callcrm.store.store import Store
from tests.clocks import CLOCK, THREADS, SetClock

T = TypeVar("T")
Row = TypeVar("Row", bound=SQLModel)
NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
OWN_NUMBER = "+12025550100"
CARRIER = "http://127.0.0.1:9"  # where nobody listens
DOCUMENT = document(ENDPOINTS)
PEOPLE = {"ana": "agent", "ben": "agent", "sara": "supervisor", "ada": "admin"}


def at(minutes: float) -> datetime:
    """So many minutes after noon."""
    return NOON + timedelta(minutes=minutes)


class Parts:
    """Services for the API, without an application around them."""

    def __init__(self, store: Store, clock: SetClock, folder: Path, hub: Hub | None = None) -> None:
        settings = config.load_settings(
            {
                "CALLCRM_OPERATOR_NUMBER": "+12025550199",
                "CALLCRM_NUMBERS": OWN_NUMBER,
                "CALLCRM_PUBLIC_URL": "https://us.example",
                "CALLCRM_TWILIO_API_URL": CARRIER,
                "TWILIO_ACCOUNT_SID": "AC1",
                "TWILIO_AUTH_TOKEN": "a token for tests",
            }
        )
        queues = {"sales": 20, "support": 20}
        self.runtime = build_runtime(
            settings, Flows({"main": Flow("main", ("en",), "main", {}, queues=queues)})
        )
        self.store = store
        self.backlog = Backlog((), clock)
        self.seams = SEAMS
        self.hours = Hours(week=(((9 * 60, 17 * 60),),) * 5 + ((), ()))  # Monday to Friday, in UTC
        self.locales = {code: Locale(code, settings.zone, "US", clock.now) for code in LANGUAGES}
        self.clock = clock
        self.hub = hub or Hub(CLOCK)
        self.storage = LocalStorage(folder / "recordings", THREADS)
        # Reading the machine's certificates takes longer than most tests do.
        self.rest_client = open_rest_client(settings, CLOCK, httpx.AsyncClient(verify=False))


class Asker:
    """Somebody who asks the API. Every JSON answer is held against the OpenAPI document."""

    def __init__(self, client: TestClient, secret: str | None) -> None:
        self._client = client
        self._headers = {"Authorization": f"Bearer {secret}"} if secret else {}

    def ask(self, method: str, path: str, **how: Any) -> Response:
        """The answer to a request."""
        headers = self._headers | how.pop("headers", {})
        answer: Response = self._client.request(method, f"/api/v1{path}", headers=headers, **how)
        if method != "HEAD":
            check(method, path, answer)
        return answer

    def get(self, path: str, **query: Any) -> Any:
        """What a GET finds."""
        answer = self.ask("GET", path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def ids(self, path: str, **query: Any) -> list[str]:
        """The ids of the items a GET finds."""
        return [item["id"] for item in self.get(path, **query)["items"]]

    def send(self, method: str, path: str, body: object, status: int = 200, **how: Any) -> Any:
        """What is answered to a JSON body."""
        answer = self.ask(method, path, json=body, **how)
        assert answer.status_code == status, answer.text
        return answer.json()


def add(rows: Iterable[SQLModel], session: Session) -> None:
    """Put rows into the store, in this order."""
    for row in rows:
        session.add(row)
        session.flush()


class Office:
    """The API and the people who use it."""

    def __init__(self, client: TestClient, parts: Parts) -> None:
        self.client = client
        self.parts = parts
        secrets = parts.store.write_now(staff)
        self.ana, self.ben, self.sara, self.ada = (Asker(client, secrets[name]) for name in PEOPLE)
        self.stranger = Asker(client, None)

    def do(self, verb: Callable[[Session], T]) -> T:
        """What the verb returns, once it is committed."""
        return self.parts.store.write_now(verb)

    def add(self, *rows: SQLModel) -> None:
        """Put rows straight into the store, in this order."""

        self.do(partial(add, rows))

    def token(self, role: str, user: str | None = None) -> Asker:
        """Somebody with a token of this role."""
        email = f"{user}@example.com" if user else None
        return Asker(
            self.client, self.do(lambda session: tokens.add_token(session, "robot", role, email, NOON))
        )


def staff(session: Session) -> dict[str, str]:
    """Our people, and by name the secret of each one's token."""
    secrets = {}
    for minutes, (name, role) in enumerate(PEOPLE.items()):
        number = f"+1202555011{minutes}"
        email = f"{name}@example.com"
        session.add(
            User(id=name, email=email, name=name.title(), role=role, number=number, created_at=at(minutes))
        )
        session.flush()
        if role == "agent":
            session.add(Agent(id=name, state="available", since=NOON))
        secrets[name] = tokens.add_token(session, f"{name}'s laptop", role, email, NOON)
    return secrets


def call(name: str, **fields: Any) -> Call:
    """An inbound call that ended, with its id made of its name."""
    defaults = {
        "id": f"call_{name}",
        "carrier_sid": f"CA{name}",
        "direction": "inbound",
        "from_raw": "+12025550123",
        "from_e164": "+12025550123",
        "to_raw": OWN_NUMBER,
        "to_e164": OWN_NUMBER,
        "phone": "+12025550123",
        "state": "ended",
        "outcome": "answered",
        "started_at": NOON,
    }
    return Call(**{**defaults, **fields})


def customer(name: str, *phones: str, **fields: Any) -> list[SQLModel]:
    """A customer with these numbers."""
    defaults = {
        "id": f"cus_{name}",
        "name": name.title(),
        "search_text": name,
        "created_at": NOON,
        "updated_at": NOON,
    }
    numbers = [
        CustomerPhone(customer_id=f"cus_{name}", e164=phone, raw=phone, position=position)
        for position, phone in enumerate(phones)
    ]
    return [Customer(**{**defaults, **fields}), *numbers]


def check(method: str, path: str, answer: Response) -> None:
    """Hold an answer against the OpenAPI document, and an error against RFC 9457."""
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json", answer.text
        verify("Problem", answer.json())
        assert answer.json()["status"] == answer.status_code
        return
    operation = DOCUMENT["paths"][template(path)][method.lower()]
    content = operation["responses"].get(str(answer.status_code), {}).get("content", {})
    schema = content.get("application/json", {}).get("schema")
    if schema:
        _fits(schema, answer.json())


def template(path: str) -> str:
    """The path of the OpenAPI document that a path is an instance of."""
    parts = path.partition("?")[0].split("/")
    for path_template in DOCUMENT["paths"]:
        names = path_template.split("/")
        if len(names) == len(parts) and all(
            a == b or a.startswith("{") for a, b in zip(names, parts, strict=True)
        ):
            return str(path_template)
    raise AssertionError(f"{path} is not in the OpenAPI document")


def verify(shape: str, value: object) -> None:
    """Hold something against a shape of the OpenAPI document."""
    _fits({"$ref": f"#/components/schemas/{shape}"}, value)


def _fits(schema: dict[str, Any], value: object) -> None:
    closed_schema = {**schema, "components": DOCUMENT["components"], "unevaluatedProperties": False}
    jsonschema.validate(value, closed_schema, cls=jsonschema.Draft202012Validator)
