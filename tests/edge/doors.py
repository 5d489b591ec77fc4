"""Every door through which somebody's text comes in: webhooks, API and pages, each field filled with it."""

import inspect
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote_from_bytes

from callcrm import paths
from callcrm.api.all_endpoints import ENDPOINTS
from callcrm.models import Role
from callcrm.simulator.wire.signature import sign
from callcrm.web import security
from tests.posts import completed, inbound
from tests.running import LINE, TOKEN
from tests.running_app import FORM, PUBLIC, RunningApp
from tests.shop import Shop
from tests.web.support.page_client import sign_in
from tests.web.support.route_access import PATH_PARAMETER, route_methods

SMS = {"MessageSid": "SM1", "From": "+12025550123", "To": LINE, "MessageStatus": "sent"}
AUDIO = {"CallSid": "CA1", "RecordingSid": "RE1", "RecordingStatus": "completed"}
WEBHOOKS: dict[str, dict[str, str]] = {
    "/voice": inbound("CA1"),
    "/voice/fallback": inbound("CA1"),
    "/client": inbound("CA2"),
    "/outbound": inbound("CA3"),
    "/screen?language=en&step=3": inbound("CA4"),
    "/at/node/main/main?language=en&step=2": inbound("CA1"),
    "/at/callback/main/number?language=en&step=12": inbound("CA1"),
    "/status": completed("CA1"),
    "/leg?step=2": completed("CA5"),
    "/recording?kind=call": AUDIO,
    "/message": SMS,
    "/message/status": SMS,
}
FREE = (
    "From",
    "To",
    "Digits",
    "SpeechResult",
    "CallerName",
    "Body",
    "ErrorUrl",
    "Timestamp",
    "AccountSid",
    "Own",
)
FIELD_NAME = re.compile(r"""\bname="([a-z_]+)"|(?:form\.get|getlist|text_of)\((?:form, )?"([a-z_]+)\"""")
BODY_BYTES = 500_000  # what pages and webhooks take is a little more
QUERY_BYTES = 60_000  # what servers take in a request's first line
STREAMS = ("/desk/events", "/events")
WORDS = ("name", "body", "q")  # fields that take long texts, or are searched with
EVERY = slice(None)
_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Knock:
    """One request with a text in all of its fields."""

    method: str
    path: str
    content: bytes
    headers: Mapping[str, str]

    def send(self, app: RunningApp) -> Any:
        """The response."""
        app.client.cookies.clear()
        return app.client.request(
            self.method, self.path, content=self.content, headers=dict(self.headers), follow_redirects=False
        )


@lru_cache(maxsize=16)
def encoded(text: str, most: int) -> str:
    """The text as a form's value, cut so that it takes at most so many bytes."""
    letter = max(len(quote_from_bytes(letter.encode())) for letter in set(text))
    return quote_from_bytes(text[: most // letter].encode())


def webhook_knocks(text: str, part: slice = EVERY) -> Iterator[Knock]:
    """Every webhook of the carrier, or this part of them, signed, with the text in turn in each field that
    holds words.
    """
    for path, fields in [*WEBHOOKS.items()][part]:
        url = f"/webhooks/twilio{path}"
        for name in FREE if path in ("/voice", "/status", "/message") else (FREE[0], FREE[-1]):
            value = text[: BODY_BYTES // 9]
            own = fields | {name: value}
            body = "&".join(f"{key}={quote_from_bytes(field.encode())}" for key, field in own.items())
            headers = {"X-Twilio-Signature": sign(TOKEN, PUBLIC + url, own.items()), "Content-Type": FORM}
            yield Knock("POST", url, body.encode(), headers)


def _bodies(schema: dict[str, Any], text: str) -> Iterator[object]:
    """Bodies with the text in one field each; of a list that is sent whole, in a field of an item."""
    objects = [schema] if "properties" in schema else schema["$defs"].values()
    for each in objects:
        for name, field in each.get("properties", {}).items():
            value = {name: [text] if "array" in json.dumps(field) else text}
            yield value if each is schema else [value]


def api_knocks(app: RunningApp, ids: Mapping[str, str], text: str, part: slice = EVERY) -> Iterator[Knock]:
    """Every endpoint of the API, or this part of them, with the text wherever its schema has a text, and in
    place of all JSON.
    """
    json_headers = {**app.authorization, "Content-Type": "application/json", "Idempotency-Key": "k"}
    for endpoint in ENDPOINTS[part]:
        path = f"/api/v1{_with_ids(endpoint.path, ids)}"
        if endpoint.body is not None:
            yield Knock(endpoint.method, path, text.encode(), json_headers)
            for value in _bodies(endpoint.body.model_json_schema(), text):
                content = json.dumps(value, ensure_ascii=False).encode()
                yield Knock(endpoint.method, path, content, json_headers)
        if endpoint.query is not None:
            names = endpoint.query.model_json_schema().get("properties", {})
            query = "&".join(f"{name}={encoded(text, QUERY_BYTES // len(names))}" for name in names)
            yield Knock(endpoint.method, f"{path}?{query}", b"", app.authorization)


def page_knocks(app: RunningApp, ids: Mapping[str, str], text: str, part: slice = EVERY) -> Iterator[Knock]:
    """Every page and every form, or this part of them, with the text in every field that any of our forms
    has, then in those alone that hold words, where the form has them.
    """
    names = sorted(_field_names())
    cookie = security.cookie_name(app.services.settings)
    for route in [*route_methods(app.asgi.routes)][part]:
        if route.rule is None or route.path in STREAMS:
            continue
        path = _with_ids(route.path, ids)
        # A session each: there is a form that ends one.
        client = sign_in(app, f"Admin {next(_numbers)}", Role.ADMIN)
        headers = {"Cookie": f"{cookie}={client.cookie}", security.HEADER: client.csrf, "Origin": PUBLIC}
        if route.method == "GET":
            query = "&".join(f"{name}={encoded(text, QUERY_BYTES // len(names))}" for name in names)
            yield Knock("GET", f"{path}?{query}", b"", headers)
        elif route.method == "PUT":
            query = "?client_id=h1&edit_seq=1"
            yield Knock("PUT", path + query, text.encode()[:BODY_BYTES], headers)
        else:
            words = [name for name in WORDS if f'"{name}"' in _sources(route.rule.handler)]
            for some in (names, *([name] for name in words)):
                body = "&".join(f"{name}={encoded(text, BODY_BYTES // len(some) - 40)}" for name in some)
                yield Knock("POST", path, body.encode(), {**headers, "Content-Type": FORM})


@cache
def _sources(handler: Callable[..., Any]) -> str:
    """The source of a handler's module, and of those of its edge that it imports."""
    module = sys.modules[handler.__module__]
    users = {module.__name__, *(getattr(value, "__module__", None) for value in vars(module).values())}
    users |= {value.__name__ for value in vars(module).values() if inspect.ismodule(value)}
    own = sorted(str(name) for name in users if str(name).startswith("callcrm.web."))
    return "".join(inspect.getsource(sys.modules[name]) for name in own)


def _field_names() -> set[str]:
    """The names of all fields of all forms, from the templates and the handlers that read them."""
    web = Path(paths.__file__).parent / "web"
    files = [*paths.folder("templates").rglob("*.html"), *web.rglob("*.py")]
    found = {name for file in files for pair in FIELD_NAME.findall(file.read_text()) for name in pair}
    return found - {"", "csrf", "viewport", "color", "theme"}


def fill(app: RunningApp) -> dict[str, str]:
    """By the beginning of a path: the id of something that exists there."""
    shop = Shop(app.services.store)
    customer = shop.customer("Leila", "+12025550123")
    call = shop.call("+12025550123")
    note = shop.note(call)
    user = sign_in(app, "Some Body", number="+12025550111")
    return {"/calls/": call, "/desk/calls/": call, "/customers/": customer, "/notes/": note} | {
        "/settings/": user.id,
        "/agents/": user.id,
    }


def _with_ids(path: str, ids: Mapping[str, str]) -> str:
    sample = next((value for prefix, value in ids.items() if path.startswith(prefix)), "nothing")
    return PATH_PARAMETER.sub(sample, path)
