"""What all REST endpoints share: the way in (authentication, faults), the form, and lists in pages."""

import base64
import binascii
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from callcrm.simulator.carrier import Carrier
from callcrm.simulator.faults import Faults, damaged, instead
from callcrm.simulator.leg import rfc2822
from callcrm.simulator.rest.errors import RestError, not_found

VERSION = "2010-04-01"


@dataclass(frozen=True, slots=True)
class RestRequest:
    """One request to the API, for whoever checks what the app has asked of its carrier."""

    at: datetime
    method: str
    path: str
    form: dict[str, str]
    status: int


@dataclass
class Rest:
    """What the endpoints work on."""

    carrier: Carrier
    faults: Faults = field(default_factory=Faults)
    log: list[RestRequest] = field(default_factory=list)

    @property
    def prefix(self) -> str:
        """The path of the account's resources."""
        return f"/{VERSION}/Accounts/{self.carrier.account_sid}"


@dataclass(frozen=True, slots=True)
class Ask:
    """A request that has passed the door."""

    rest: Rest
    request: Request
    form: FormData

    def text(self, name: str) -> str | None:
        """A form parameter that may be there."""
        value = self.form.get(name)
        return value if isinstance(value, str) and value else None

    def need(self, name: str, code: int) -> str:
        """A form parameter that must be there."""
        value = self.text(name)
        if value is None:
            raise RestError(400, code, f"{name} is required")
        return value

    def words(self, name: str) -> tuple[str, ...]:
        """A form parameter that may come several times."""
        return tuple(str(value) for value in self.form.getlist(name))


Endpoint = Callable[[Ask], Awaitable[Response]]


def door(rest: Rest, endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint behind authentication and faults, every request logged, time held still meanwhile."""

    async def handle(request: Request) -> Response:
        with rest.carrier.clock.hold():
            form = await request.form()
            try:
                _authenticate(rest, request)
                response = await _answer(Ask(rest, request, form), endpoint)
            except RestError as error:
                response = error.response()
        response.headers["Twilio-Request-Id"] = "RQ" + secrets.token_hex(16)
        fields = {name: str(value) for name, value in form.items()}
        now = rest.carrier.clock.now()
        rest.log.append(RestRequest(now, request.method, request.url.path, fields, response.status_code))
        return response

    return handle


async def _answer(ask: Ask, endpoint: Endpoint) -> Response:
    fault = ask.rest.faults.take(ask.request.method, ask.request.url.path)
    if fault is None:
        return await endpoint(ask)
    return instead(fault) or await damaged(fault, await endpoint(ask))


def _authenticate(rest: Rest, request: Request) -> None:
    account = rest.carrier.switch.account
    kind, _, word = request.headers.get("authorization", "").partition(" ")
    try:
        user, _, password = base64.b64decode(word).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        user = password = ""
    if kind.lower() != "basic" or (user, password) != (account.sid, account.token):
        raise RestError(401, 20003, "Authenticate")
    if request.path_params.get("account", account.sid) != account.sid:
        raise not_found()


def stamp(moment: datetime | None) -> str | None:
    """A moment as the API writes it."""
    return rfc2822(moment) if moment else None


def within(query: dict[str, str], name: str, moment: datetime) -> bool:
    """Whether a moment fits `name=DAY`, `name>=…` and `name<=…` of a query; a day counts whole."""
    day = query.get(name)
    after, before = query.get(f"{name}>"), query.get(f"{name}<")
    if day and moment.strftime("%Y-%m-%d") != day:
        return False
    if after and moment < _moment(after, last=False):
        return False
    return not (before and moment > _moment(before, last=True))


def _moment(text: str, *, last: bool) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as fault:
        raise RestError(400, 20001, f"{text} is no date") from fault
    if last and len(text) == len("2026-01-05"):
        moment = moment.replace(hour=23, minute=59, second=59, microsecond=999_999)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def listing(ask: Ask, name: str, rows: Sequence[dict[str, Any]]) -> Response:
    """One page of a list, with the way to the next."""
    query = dict(ask.request.query_params)
    page, size = _number(query, "Page", 0, 0), min(1000, _number(query, "PageSize", 50, 1))
    first, path = page * size, ask.request.url.path

    def uri(number: int) -> str:
        return f"{path}?{urlencode(query | {'Page': str(number), 'PageSize': str(size)})}"

    shown = list(rows[first : first + size])
    body = {
        name: shown,
        "page": page,
        "page_size": size,
        "start": first,
        "end": first + max(0, len(shown) - 1),
        "uri": uri(page),
        "first_page_uri": uri(0),
        "next_page_uri": uri(page + 1) if len(rows) > first + size else None,
        "previous_page_uri": uri(page - 1) if page else None,
    }
    return JSONResponse(body)


def _number(query: dict[str, str], name: str, default: int, least: int) -> int:
    value = query.get(name, "")
    return max(least, int(value)) if value.isascii() and value.isdigit() else default
