"""What people and carriers write stays text: every page as every role, with canaries in every field."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag, urlencode, urljoin, urlsplit

import httpx
import pytest
from playwright.sync_api import Page
from sqlmodel import Session

from callcrm.agents import passwords, profile, states, tokens, users
from callcrm.simulator.wire.signature import sign
from callcrm.store.store import Store
from tests.browser import NARROW, PASSWORD, WIDE, BrowserUsers, browser_users
from tests.clocks import CLOCK, THREADS
from tests.posts import completed, inbound
from tests.running import LINE, TOKEN, Server
from tests.running_app import FORM
from tests.server_thread import ThreadedServer

MENU = "/webhooks/twilio/at/node/main/main?language=en&step=2"
KNOWN, SHARED, UNKNOWN = "+12025550131", "+12025550132", "+12025550133"
TAIL = "lia"
EVIL = (
    '"><script data-canary>alert(1)</script><img data-canary src=x onerror=alert(1)>'
    "{{7*7}}${7*7}javascript:alert(1)\u2069\u202e" + TAIL
)
OF_A_KIND = 4  # how many pages of one kind are looked at, as each role
LOOK = (Path(__file__).parent / "canaries.js").read_text(encoding="utf-8")
LISTEN = """document.addEventListener("securitypolicyviolation", (event) => {
  (globalThis.refused ??= []).push(`the policy refused ${event.violatedDirective} ${event.blockedURI}`);
});"""


def evil(kind: str) -> str:
    """A canary that tells where it was put in. Run as a template it would say 4949."""
    return f"{kind} 49{{{{7*7}}}} {EVIL}"


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserUsers]:
    """A server with canaries in every field, and the people who look at its pages."""
    server = ThreadedServer(tmp_path_factory.mktemp("canaries"))
    server.start()
    try:
        with browser_users(server) as found:
            staff(server)
            traffic(server)
            yield found
    finally:
        server.stop()


def staff(server: Server) -> None:
    """Canaries for people, and one agent who takes calls."""
    store = Store(f"sqlite:///{server.folder}/callcrm.sqlite3", CLOCK, THREADS)

    def verb(session: Session) -> str:
        now, hashed = CLOCK.now(), passwords.hash_password(PASSWORD)
        for role in ("agent", "supervisor", "admin"):
            number = "+12025550111" if role == "agent" else None
            user = users.add_user(
                session, f"{role}@example.test", role, evil(f"user{role}"), number, None, now
            )
            user.password_hash = hashed
            if role == "agent":
                profile.update_profile(
                    session, user.id, {"skills": [f"skill {EVIL[:40]}"], "languages": ["en"]}
                )
                states.set_state(session, user.id, "available", now)
        return tokens.add_token(session, "canaries", "admin", "agent@example.test", now)

    server.extra["CANARY_TOKEN"] = store.write_now(verb)
    store.close()


def traffic(server: Server) -> None:
    """Customers, calls that ended, a message, notes, a promise; and a call that rings."""
    post, send = _carrier(server), _api(server)
    cus = send("POST", "/customers", {"name": evil("customer"), "phones": [KNOWN]})
    for name in ("one", "other"):
        send("POST", "/customers", {"name": evil(f"shared{name}"), "phones": [SHARED]})
    names = {"CallerName": evil("cnam"), "CallerCity": evil("city"), "FromCity": evil("city")}
    for number, caller in enumerate((KNOWN, SHARED, UNKNOWN, KNOWN)):
        post("/webhooks/twilio/voice", inbound(f"CA{number}", caller, **names))
        said = {"SpeechResult": evil("speech"), "Digits": "9"}
        post(MENU, inbound(f"CA{number}", caller, **names) | said)
        post("/webhooks/twilio/status", completed(f"CA{number}") | {"From": caller, "Caller": caller})
    text = {"MessageSid": "SM1", "From": KNOWN, "To": LINE, "Body": evil("sms"), "NumMedia": "0"}
    post("/webhooks/twilio/message", text)
    send("PATCH", f"/customers/{cus['id']}", {"tier": "gold"})
    for call in send("GET", "/calls")["items"]:
        send("POST", f"/calls/{call['id']}/notes", {"body": evil("note")})
    post("/webhooks/twilio/voice", inbound("CAringing", KNOWN, **names))
    post(MENU, inbound("CAringing", KNOWN, **names) | {"Digits": "1"})


def _carrier(server: Server) -> Any:
    def post(path: str, fields: dict[str, str]) -> None:
        signed = {"X-Twilio-Signature": sign(TOKEN, server.url + path, fields.items()), "Content-Type": FORM}
        answer = httpx.post(server.url + path, content=urlencode(fields), headers=signed)
        assert answer.status_code in (200, 204), answer.text

    return post


def _api(server: Server) -> Any:
    def send(method: str, path: str, body: Any = None) -> Any:
        bearer = {"Authorization": f"Bearer {server.extra['CANARY_TOKEN']}"}
        answer = httpx.request(method, f"{server.url}/api/v1{path}", json=body, headers=bearer)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    return send


class Crawler:
    """Follows every link of ours, and whatever a page would fetch by itself."""

    def __init__(self, page: Page, base: str) -> None:
        self.page, self.base = page, base
        self.wrong: list[str] = []
        self.seen: Counter[str] = Counter()
        self.texts = ""
        self._waiting = ["/", "/me", "/desk", "/customers", "/calls", "/promises", "/pops", "/settings/users"]
        self._known = set(self._waiting)
        page.add_init_script(LISTEN)
        page.on("dialog", self._dialog)

    def crawl(self) -> None:
        """Every page, up to a few of each kind."""
        while self._waiting:
            path = self._waiting.pop(0)
            kind = kind_of(path)
            if self.seen[kind] < OF_A_KIND:
                self.seen[kind] += 1
                self.visit(path)

    def visit(self, path: str) -> None:
        """Look at one page."""
        answer = self.page.goto(self.base + path)
        assert answer
        if answer.status >= 500:
            self.wrong.append(f"{path}: {answer.status}")
        if "html" in answer.headers.get("content-type", ""):
            self.look(path)

    def look(self, path: str) -> None:
        """What is there, and where it leads."""
        self.page.wait_for_timeout(120)
        self.wrong += [f"{path}: {fault}" for fault in self.page.evaluate(LOOK, TAIL)]
        self.texts += self.page.locator("body").inner_text()
        links = "all => all.map(one => one.getAttribute('href') ?? one.getAttribute('data-hx-get'))"
        for link in self.page.eval_on_selector_all("a[href], [data-hx-get]", links):
            self._note(urldefrag(urljoin(self.page.url, str(link))).url)

    def _note(self, url: str) -> None:
        parts = urlsplit(url)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        if url.startswith(self.base) and not parts.path.startswith("/static") and path not in self._known:
            self._known.add(path)
            self._waiting.append(path)

    def _dialog(self, dialog: Any) -> None:
        self.wrong.append(f"{self.page.url}: a dialog was opened")
        dialog.dismiss()


def kind_of(path: str) -> str:
    """The shape of a path: its ids left out."""
    parts = urlsplit(path)
    return "/".join("*" if "_" in word or word.isdigit() else word for word in parts.path.split("/")) + (
        "?" if parts.query else ""
    )


SIGHTS = {
    "agent": ["customer", "useragent", "note", "sms", "sharedone"],
    "supervisor": ["customer", "useragent", "usersupervisor", "note"],
    "admin": ["customer", "useradmin", "useragent", "note"],
}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("role", SIGHTS)
def test_no_canary_sings(crowd: BrowserUsers, role: str) -> None:
    how = {"viewport": NARROW, "locale": "fa-IR"} if role == "supervisor" else {"viewport": WIDE}
    page = crowd.sit_down(f"{role}@example.test", **how)
    crawler = Crawler(page, crowd.server.url)
    crawler.crawl()
    page.goto(f"{crowd.server.url}/me")
    page.fill("#search", evil("asked"))
    page.press("#search", "Enter")
    page.wait_for_load_state()
    crawler.look("what was looked for")
    assert crawler.wrong == [], "\n".join(crawler.wrong)
    assert crowd.complaints == []
    assert [one for one in SIGHTS[role] if f"{one} 49{{{{7*7}}}}" not in crawler.texts] == []
    assert len(crawler.seen) > 8, json.dumps(crawler.seen)
