"""Below a path of a host, whatever address a page, a response or the API hands out is below it too."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from starlette.testclient import TestClient

from callcrm.models import MessageMedia
from callcrm.simulator.wire.signature import sign
from callcrm.web.security import PLAIN, cookie_name
from tests.clocks import SetClock
from tests.posts import inbound
from tests.running import LINE, TOKEN
from tests.running_app import FORM, PUBLIC, RunningApp, open_app, settings_for
from tests.web.prefix.proxies import PREFIX, PrefixedClient
from tests.web.support.page_client import do, sign_in
from tests.web.support.stock import stock
from tests.web.support.tour import collect_everything

pytestmark = [pytest.mark.engine("sqlite"), pytest.mark.timeout(300)]  # every page of the product

HEADERS = ("location", "content-location", "hx-redirect", "hx-location", "hx-push-url", "hx-replace-url")
# Attributes of words and of fields, whose values may begin with a slash and be no address; and paths that
# scripts of ours name as routes do, for `addressOf` to put the prefix before.
NO_ADDRESSES = {
    "value",
    "placeholder",
    "aria-keyshortcuts",
    "data-from",
    "data-path",
    "data-done",
    "data-next",
    "data-upload",
}
JSON_PATH = re.compile(r'":\s*"(/(?!/)[^"]*)"')


class Addresses(HTMLParser):
    """The attributes of a page that begin with a slash, as pairs of name and value."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.all: list[tuple[str, str]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keeps those that begin with a slash."""
        self.all += [(name, value) for name, value in attrs if value and value.startswith("/")]


class WatchfulClient(PrefixedClient):
    """Also keeps every address that responses hand out."""

    def __init__(self, inner: TestClient, *, strips: bool = True) -> None:
        super().__init__(inner, strips=strips)
        self.inside: set[str] = set()
        self.outside: set[tuple[str, str]] = set()

    def request(self, method: str, path: str, **options: Any) -> Any:
        """The response, which is looked through."""
        response = super().request(method, path, **options)
        for name, address in _addresses(response):
            if address == PREFIX or address.startswith(f"{PREFIX}/"):
                self.inside.add(address)
            elif name not in NO_ADDRESSES:
                self.outside.add((f"{method} {path} {name}", address))
        return response


def _addresses(response: Any) -> Iterator[tuple[str, str]]:
    for name in HEADERS:
        if name in response.headers:
            yield name, response.headers[name]
    for cookie in response.headers.get_list("set-cookie"):
        yield "Set-Cookie", re.search("path=([^;]*)", cookie, re.IGNORECASE)[1]  # type: ignore[index]
    kind = response.headers.get("content-type", "")
    if kind.startswith("text/html"):
        yield from Addresses(response.text).all
    elif "json" in kind:
        yield from (("json", path) for path in JSON_PATH.findall(response.text))


@pytest.fixture
def app(database_url: str, tmp_path: Path, clock: SetClock) -> Iterator[RunningApp]:
    """An app below a prefix, called through a proxy that strips it."""
    settings = settings_for(database_url, tmp_path / "data", CALLCRM_PUBLIC_URL=PUBLIC + PREFIX)
    with open_app(settings, clock, background=False) as running:
        yield running


@pytest.fixture
def stripped(app: RunningApp) -> WatchfulClient:
    """The app with sample data, and its client."""
    stock(app, app.services.settings.data_dir / "recordings")
    watchful = WatchfulClient(app.client)
    app.client = watchful  # type: ignore[assignment]
    return watchful


def test_no_page_part_redirect_or_cookie_leads_out_of_the_prefix(
    app: RunningApp, stripped: WatchfulClient
) -> None:
    documents = collect_everything(app, ["fa"])
    assert len(documents) > 200
    assert stripped.outside == set()
    assert {f"{PREFIX}/", f"{PREFIX}/desk", f"{PREFIX}/login", f"{PREFIX}/find"} <= stripped.inside


def test_every_address_of_a_page_is_answered_through_the_proxy(
    app: RunningApp, stripped: WatchfulClient
) -> None:
    ana = sign_in(app, "Ana", "admin")
    seen: set[str] = set()
    for path in ("/desk", "/customers", "/calls", "/promises", "/settings/users", "/settings/queues", "/me"):
        for name, address in Addresses(ana.get_page(path)).all:
            if name in ("href", "src", "data-hx-get") and address not in seen:
                seen.add(address)
                assert ana.get(address).status_code < 400, (path, address)
    assert len(seen) > 60


@pytest.mark.parametrize("strips", [True, False], ids=["stripping", "keeping"])
def test_both_kinds_of_proxy_reach_pages_files_webhooks_and_the_api(app: RunningApp, strips: bool) -> None:
    inner = app.client
    app.client = PrefixedClient(inner, strips=strips)  # type: ignore[assignment]
    ana = sign_in(app, "Ana", "supervisor")
    page = ana.get_page("/calls")
    for _, address in Addresses(page).all:
        if "/static/" in address:
            response = ana.get(address)
            assert response.status_code == 200
            assert "immutable" in response.headers["cache-control"]
    assert ana.get("/").headers["location"] == f"{PREFIX}/calls"
    assert ana.get("").headers["location"] == f"{PREFIX}/calls"
    app.client = inner
    before = "" if strips else PREFIX
    document = inner.get(f"{before}/api/v1/openapi.json").json()
    assert document["servers"] == [{"url": f"{PREFIX}/api/v1"}]
    assert inner.get(f"{before}/healthz").text == "ok\n"
    assert _call_comes_in(inner, before).status_code == 200
    assert inner.get(f"{before}/api/v1/calls", headers=app.authorization).json()["items"][0]["to"] == LINE


def _call_comes_in(client: TestClient, before: str) -> Any:
    """The answer to the carrier's first request of a call, signed as it was requested: with the prefix."""
    path, fields = "/webhooks/twilio/voice", inbound("CA" + "1" * 32)
    signature = sign(TOKEN, PUBLIC + PREFIX + path, fields.items())
    headers = {"X-Twilio-Signature": signature, "Content-Type": FORM}
    answer = client.post(before + path, content=urlencode(fields), headers=headers)
    addresses = re.findall(r"https?://[^<\"]+", answer.text)
    assert addresses
    assert all(address.startswith(f"{PUBLIC}{PREFIX}/") for address in addresses)
    return answer


def test_recordings_are_named_by_addresses_below_the_prefix(
    app: RunningApp, stripped: WatchfulClient
) -> None:
    calls = stripped.request(
        "GET", "/api/v1/calls?outcome=answered&limit=5", headers=app.authorization
    ).json()
    urls = []
    for call in calls["items"]:
        path = f"/api/v1/calls/{call['id']}"
        whole = stripped.request("GET", path, headers=app.authorization).json()
        urls += [recording["media_url"] for recording in whole["recordings"]]
    heard = [stripped.request("GET", url, headers=app.authorization) for url in urls if url]
    assert heard
    assert {response.status_code for response in heard} == {200}
    assert stripped.outside == set()


def test_files_of_messages_are_named_by_addresses_below_the_prefix(
    app: RunningApp, stripped: WatchfulClient
) -> None:
    listed = stripped.request("GET", "/api/v1/messages?limit=1", headers=app.authorization).json()
    (message,) = listed["items"]
    file = MessageMedia(
        id="med_1",
        message_id=message["id"],
        position=0,
        url="https://api.twilio.com/m",
        status="stored",
        created_at=app.services.clock.now(),
    )
    do(app, lambda session: session.add(file))
    path = f"/api/v1/messages/{message['id']}"
    (media,) = stripped.request("GET", path, headers=app.authorization).json()["media"]
    assert media["media_url"] == f"{PREFIX}/api/v1/media/med_1"


def test_signing_in_leads_back_to_where_one_wanted_to_go(app: RunningApp) -> None:
    answer = app.client.get("/promises", follow_redirects=False)
    assert answer.headers["location"] == f"{PREFIX}/login?next=/promises"
    part = app.client.get("/promises", headers={"HX-Request": "true"})
    assert part.headers["hx-redirect"] == f"{PREFIX}/login"


def test_cookies_are_of_the_prefix_alone(app: RunningApp) -> None:
    cookie = app.client.get("/login").headers["set-cookie"]
    assert cookie.startswith("__Secure-callcrm-form=")
    assert f"Path={PREFIX};" in cookie
    assert cookie_name(app.services.settings) == "__Secure-callcrm"
    assert "__Host-" not in cookie


def test_what_a_note_says_is_left_as_it_is(app: RunningApp, stripped: WatchfulClient) -> None:
    ana = sign_in(app, "Ana")
    written = ' <a href="/calls"> action="/x" '
    response = ana.search("/find", {"q": written})
    assert "&lt;a href=&#34;/calls&#34;&gt; action=&#34;/x&#34;" in response.text
    assert PLAIN.header(framed=False) == response.headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/calls", "/api", "/webhooks/x"])
def test_a_prefix_like_a_path_of_ours_is_taken_as_stripped(
    database_url: str, tmp_path: Path, clock: SetClock, path: str
) -> None:
    settings = settings_for(database_url, tmp_path / "data", CALLCRM_PUBLIC_URL=PUBLIC + path)
    with open_app(settings, clock, background=False) as app:
        assert app.client.get("/api/v1/calls", headers=app.authorization).status_code == 200
        assert (
            app.client.get("/calls", follow_redirects=False).headers["location"]
            == f"{path}/login?next=/calls"
        )
