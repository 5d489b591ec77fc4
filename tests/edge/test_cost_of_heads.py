"""No head and no kind of form keeps the process busy, or ends in a fault of ours: without signing in, too."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.datastructures import Headers
from starlette.requests import Request

from callcrm.edge.cookies import cookie
from callcrm.models import Role
from callcrm.web import security
from tests.databases import make_sqlite
from tests.running_app import PUBLIC, RunningApp, open_app, settings_for
from tests.web.support.page_client import sign_in

pytestmark = pytest.mark.one_engine

MOST_CPU = 0.5  # seconds, all threads together
HEAD = 60_000  # bytes: what the server takes, without the rest of the head
MULTIPART = "multipart/form-data; boundary=x; charset="
PART = '--x\r\nContent-Disposition: form-data; name="email"\r\n\r\n{}\r\n--x--\r\n'
TEXTS = {
    "backslashes": '"' + "\\" * HEAD + '"',
    "octal": '"' + "\\101" * (HEAD // 4) + '"',
    "semicolons": 'a="' + ";" * HEAD,
    "parameters": "a;" + "a=b;" * (HEAD // 4),
    "commas": "," * HEAD,
    "tags": '"a",' * (HEAD // 4) + "x",
    "hops": "127.0.0.1," * (HEAD // 10),
    "ranges": "bytes=" + "0-," * (HEAD // 3),
    "digits": "9" * HEAD,
    "blanks": " \t" * (HEAD // 2) + "x",
    "half an address": "http://[",
    "languages": "a-b;q=0.1," * (HEAD // 10),
}
NAMES = (
    "Accept-Language",
    "Authorization",
    "Content-Type",
    "Cookie",
    "Host",
    "Idempotency-Key",
    "If-Match",
    "If-None-Match",
    "If-Range",
    "Last-Event-ID",
    "Origin",
    "Range",
    "Sec-Fetch-Site",
    "User-Agent",
    "X-CSRF-Token",
    "X-Forwarded-For",
    "X-Twilio-Signature",
)
DOORS = (
    ("GET", "/login"),
    ("POST", "/login"),
    ("GET", "/set-password/x"),
    ("GET", "/no/such/page/"),
    ("POST", "/calls"),
    ("POST", "/webhooks/twilio/voice"),
    ("PATCH", "/api/v1/customers/none"),
    ("GET", "/me"),
)


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """An app for all heads."""
    folder = tmp_path_factory.mktemp("heads")
    with open_app(settings_for(make_sqlite(folder / "a.sqlite3"), Path(folder)), background=False) as app:
        yield app


@pytest.fixture(scope="module")
def session(busy: RunningApp) -> str:
    """The cookie of somebody signed in."""
    client = sign_in(busy, "Some Body", Role.ADMIN)
    form = security.cookie_name(busy.services.settings, "form")
    return f"{security.cookie_name(busy.services.settings)}={client.cookie}; {form}={'a' * 43}"


def sent(app: RunningApp, method: str, path: str, headers: dict[str, str], content: str = "a=b") -> Any:
    app.client.cookies.clear()
    return app.client.request(
        method,
        path,
        content=content if method != "GET" else None,
        headers=headers,
        follow_redirects=False,
    )


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_no_header_keeps_a_door_busy(busy: RunningApp, session: str, text: str) -> None:
    slow = []
    for method, path in DOORS:
        usual = {"Cookie": session, **busy.authorization, "Content-Type": "application/json"}
        for name in NAMES:
            value = f"{security.cookie_name(busy.services.settings)}={text}" if name == "Cookie" else text
            began = time.process_time()
            response = sent(busy, method, path, {**usual, name: value})
            if (taken := time.process_time() - began) >= MOST_CPU:
                slow.append((method, path, name, taken))
            assert response.status_code < 500, (method, path, name)
    assert slow == []


@pytest.mark.parametrize("path", ["/login", "/set-password/x", "/calls/search", "/customers"])
@pytest.mark.parametrize(
    ("codec", "value"),
    [
        ("punycode", "a" * 200_000 + "-" + "b" * 200_000),
        ("idna", "xn--" + "a" * 200_000),
        ("undefined", "a"),
        ("unicode_escape", "\\ud800"),
        ("raw_unicode_escape", "\\ud800"),
        ("utf-7", "+2AA-"),
        ("zlib", "a"),
        ("utf-8", "a"),
    ],
)
def test_no_codec_that_a_form_names_is_believed(
    busy: RunningApp, session: str, path: str, codec: str, value: str
) -> None:
    headers = {"Content-Type": MULTIPART + codec, "Cookie": session, "Origin": PUBLIC}
    began = time.process_time()
    response = sent(busy, "POST", path, headers, PART.format(value))
    assert time.process_time() - began < MOST_CPU
    assert response.status_code < 500


def test_a_form_of_more_fields_than_any_of_ours_is_refused(busy: RunningApp) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    response = sent(busy, "POST", "/login", headers, "a=b&" * 1001)
    assert response.status_code == 400


@pytest.mark.parametrize("path", ["/login", "/set-password/x"])
def test_a_form_that_anybody_may_send_is_short(busy: RunningApp, path: str) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert sent(busy, "POST", path, headers, "email=" + "%ff" * 20_000).status_code == 413
    longest = f"email={'a' * 508}&password={'%F0%9F%91%8D' * 1000}"
    assert sent(busy, "POST", path, headers, longest).status_code in (403, 404)


@pytest.mark.parametrize(
    ("lines", "value"),
    [
        (["a=1; callcrm=right; b=2"], "right"),
        (["callcrm=old; callcrm=right"], "right"),
        (["callcrm=old", "b=2;callcrm = right "], "right"),
        (["callcrm-form=other; xcallcrm=other"], ""),
        (["callcrm=a=b"], "a=b"),
        ([], ""),
    ],
)
def test_a_cookie_is_read_as_browsers_send_it(lines: list[str], value: str) -> None:
    raw = Headers(raw=[(b"cookie", line.encode()) for line in lines]).raw
    assert cookie(Request({"type": "http", "headers": raw}), "callcrm") == value
