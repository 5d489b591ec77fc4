"""Text stays text: every page as every role, with canaries in every field that people or carriers fill."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag, urlencode, urljoin, urlsplit

import httpx
import pytest
from playwright.sync_api import Page
from sqlmodel import Session

from callcrm.agents import profile, states, tokens, users
from callcrm.simulator.wire.signature import sign
from callcrm.store.store import Store
from tests.browser import NARROW, WIDE, Staff, staff_at
from tests.clocks import CLOCK, THREADS
from tests.posts import completed, inbound
from tests.quick_passwords import PASSWORD_HASH
from tests.running import LINE, TOKEN, Server
from tests.running_app import FORM
from tests.server_thread import ThreadedServer

MENU = "/webhooks/twilio/at/node/main/main?language=en&step=2"
KNOWN, SHARED, UNKNOWN = "+12025550131", "+12025550132", "+12025550133"
TAIL = "lia"
MARKUP = (
    '"><script data-canary>alert(1)</script><img data-canary src=x onerror=alert(1)>'
    "{{7*7}}${7*7}javascript:alert(1)\u2069\u202e" + TAIL
)
ID = re.compile(r"\w*_\w*|\d+|[0-9a-f]{32,}")

FIND_FAULTS = (Path(__file__).parent / "canaries.js").read_text(encoding="utf-8")
RECORD_VIOLATIONS = """document.addEventListener("securitypolicyviolation", (event) => {
  (globalThis.refused ??= []).push(`the policy refused ${event.violatedDirective} ${event.blockedURI}`);
});"""


def canary(kind: str) -> str:
    """A canary that names the field it was put in. Evaluated as a template it would become 4949."""
    return f"{kind} 49{{{{7*7}}}} {MARKUP}"


@pytest.fixture(scope="module")
def staff(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staff]:
    """The users of a server with canaries in every field."""
    server = ThreadedServer(tmp_path_factory.mktemp("canaries"))
    server.start()
    try:
        with staff_at(server) as staff:
            add_users(server)
            add_traffic(server)
            yield staff
    finally:
        server.stop()


def add_users(server: Server) -> None:
    """Adds a user of each role with a canary as name; the agent takes calls."""
    store = Store(f"sqlite:///{server.folder}/callcrm.sqlite3", CLOCK, THREADS)

    def verb(session: Session) -> str:
        now = CLOCK.now()
        for role in ("agent", "supervisor", "admin"):
            number = "+12025550111" if role == "agent" else None
            user = users.add_user(
                session, f"{role}@example.test", role, canary(f"user{role}"), number, None, now
            )
            user.password_hash = PASSWORD_HASH
            if role == "agent":
                profile.update_profile(
                    session, user.id, {"skills": [f"skill {MARKUP[:40]}"], "languages": ["en"]}
                )
                states.set_state(session, user.id, "available", now)
        return tokens.add_token(session, "canaries", "admin", "agent@example.test", now)

    server.extra["CANARY_TOKEN"] = store.write_now(verb)
    store.close()


def add_traffic(server: Server) -> None:
    """Adds customers, calls that ended, a message, notes, a promise; and a call that rings."""
    post, send = _carrier(server), _api(server)
    customer = send("POST", "/customers", {"name": canary("customer"), "phones": [KNOWN]})
    for name in ("one", "other"):
        send("POST", "/customers", {"name": canary(f"shared{name}"), "phones": [SHARED]})
    names = {"CallerName": canary("cnam"), "CallerCity": canary("city"), "FromCity": canary("city")}
    for number, caller in enumerate((KNOWN, SHARED, UNKNOWN, KNOWN)):
        post("/webhooks/twilio/voice", inbound(f"CA{number}", caller, **names))
        spoken = {"SpeechResult": canary("speech"), "Digits": "9"}
        post(MENU, inbound(f"CA{number}", caller, **names) | spoken)
        post("/webhooks/twilio/status", completed(f"CA{number}") | {"From": caller, "Caller": caller})
    text = {"MessageSid": "SM1", "From": KNOWN, "To": LINE, "Body": canary("sms"), "NumMedia": "0"}
    post("/webhooks/twilio/message", text)
    send("PATCH", f"/customers/{customer['id']}", {"tier": "gold"})
    for call in send("GET", "/calls")["items"]:
        send("POST", f"/calls/{call['id']}/notes", {"body": canary("note")})
    post("/webhooks/twilio/voice", inbound("CAringing", KNOWN, **names))
    post(MENU, inbound("CAringing", KNOWN, **names) | {"Digits": "1"})


def _carrier(server: Server) -> Any:
    def post(path: str, fields: dict[str, str]) -> None:
        headers = {"X-Twilio-Signature": sign(TOKEN, server.url + path, fields.items()), "Content-Type": FORM}
        response = httpx.post(server.url + path, content=urlencode(fields), headers=headers, verify=False)
        assert response.status_code in (200, 204), response.text

    return post


def _api(server: Server) -> Any:
    def send(method: str, path: str, body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {server.extra['CANARY_TOKEN']}"}
        response = httpx.request(
            method, f"{server.url}/api/v1{path}", json=body, headers=headers, verify=False
        )
        assert response.status_code in (200, 201), response.text
        return response.json()

    return send


class Crawler:
    """Follows every link of ours and every part a page loads; collects `faults` and `texts`."""

    def __init__(self, page: Page, base: str) -> None:
        self.page, self.base = page, base
        self.faults: list[str] = []
        self.visits: Counter[str] = Counter()
        self.texts = ""
        self._waiting = [
            "/",
            "/me",
            "/desk",
            "/customers",
            "/calls",
            "/promises",
            "/messages",
            "/pops",
            "/settings/users",
        ]
        self._queued = set(self._waiting)
        page.add_init_script(RECORD_VIOLATIONS)
        page.on("dialog", self._dialog)

    def crawl(self) -> None:
        """Visits a page of each kind."""
        while self._waiting:
            path = self._waiting.pop(0)
            kind = kind_of(path)
            if not self.visits[kind]:
                self.visits[kind] += 1
                self.visit(path)

    def visit(self, path: str) -> None:
        """Visits one page."""
        response = self.page.goto(self.base + path)
        assert response
        if response.status >= 500:
            self.faults.append(f"{path}: {response.status}")
        if "html" in response.headers.get("content-type", ""):
            self.inspect(path)

    def inspect(self, path: str) -> None:
        """Collects the faults, texts and links of the page that is shown, loaded from `path`."""
        self.page.wait_for_timeout(50)
        self.faults += [f"{path}: {fault}" for fault in self.page.evaluate(FIND_FAULTS, TAIL)]
        self.texts += self.page.locator("body").inner_text()
        links = "all => all.map(node => node.getAttribute('href') ?? node.getAttribute('data-hx-get'))"
        for link in self.page.eval_on_selector_all("a[href], [data-hx-get]", links):
            self._queue(urldefrag(urljoin(self.page.url, str(link))).url)

    def _queue(self, url: str) -> None:
        parts = urlsplit(url)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        if url.startswith(self.base) and not parts.path.startswith("/static") and path not in self._queued:
            self._queued.add(path)
            self._waiting.append(path)

    def _dialog(self, dialog: Any) -> None:
        self.faults.append(f"{self.page.url}: a dialog was opened")
        dialog.dismiss()


def kind_of(path: str) -> str:
    """The path with `*` in the place of ids."""
    parts = urlsplit(path)
    words = ("*" if ID.fullmatch(word) else word for word in parts.path.split("/"))
    return "/".join(words) + ("?" if parts.query else "")


EXPECTED_TEXTS = {
    "agent": ["customer", "useragent", "note", "sms", "sharedone"],
    "supervisor": ["customer", "useragent", "usersupervisor", "note"],
    "admin": ["customer", "useradmin", "useragent", "note"],
}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("role", EXPECTED_TEXTS)
def test_no_canary_becomes_markup_or_script(staff: Staff, role: str) -> None:
    options = {"viewport": NARROW, "locale": "fa-IR"} if role == "supervisor" else {"viewport": WIDE}
    page = staff.open_page(f"{role}@example.test", **options)
    crawler = Crawler(page, staff.server.url)
    crawler.crawl()
    page.goto(f"{staff.server.url}/me")
    page.fill("#search", canary("asked"))
    page.press("#search", "Enter")
    page.wait_for_load_state()
    crawler.inspect("the search results")
    assert crawler.faults == [], "\n".join(crawler.faults)
    assert staff.page_errors == []
    assert [name for name in EXPECTED_TEXTS[role] if f"{name} 49{{{{7*7}}}}" not in crawler.texts] == []
    assert len(crawler.visits) > 8, json.dumps(crawler.visits)
