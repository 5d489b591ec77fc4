"""Somebody signed in at the pages, without a browser: what they see, and what they send."""

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import event, make_url
from sqlmodel import Session

from callcrm.agents import sessions, states, users
from callcrm.web import security
from callcrm.web.parts.parts import icons
from tests.running_app import RunningApp

ISOLATES = re.compile("[\u2066-\u2069]")
SPACES = re.compile(r"\s+")
ICON = re.compile(r'href="#i-([^"]+)"')
TAGS = re.compile(r"<[^>]+>")
START_TAGS = re.compile(r"<[a-z][^>]*>")
BACKGROUND_SQL = re.compile(r"FROM (recording \nWHERE recording.storage_name|live_event|job|presence)")

STEPS = 100


@dataclass
class PageClient:
    """Signed in as `id`; the cookie goes with each request by itself, so that many visit one house."""

    app: RunningApp
    id: str
    csrf: str
    cookie: str

    def get(self, path: str, **headers: str) -> Any:
        """The answer to a GET; redirects are not followed."""
        return self._ask("GET", path, headers)

    def head(self, path: str, **headers: str) -> Any:
        """The answer to a HEAD."""
        return self._ask("HEAD", path, headers)

    def post(self, path: str, fields: dict[str, Any] | None = None, **headers: str) -> Any:
        """The answer to a form of ours."""
        return self._ask("POST", path, headers, data={"csrf": self.csrf, **(fields or {})})

    def put(self, path: str, fields: dict[str, Any] | None = None, **headers: str) -> Any:
        """The answer to something to be kept, sent by our script."""
        return self._ask("PUT", path, {security.HEADER: self.csrf, **headers}, data=fields or {})

    def keep(self, path: str, text: str | bytes) -> Any:
        """The answer to a text to be kept as it is."""
        return self._ask("PUT", path, {security.HEADER: self.csrf}, content=text)

    def see(self, path: str, **headers: str) -> str:
        """The page at this path, which must be there; each tag on one line, as no template has it."""
        answer = self.get(path, **headers)
        assert answer.status_code == 200, (answer.status_code, answer.text[-2000:])
        missing = set(ICON.findall(answer.text)).difference(icons())
        assert not missing or not icons(), f"package.json names no icons {missing}"
        return tags_on_one_line(answer.text)

    def part(self, path: str) -> str:
        """A part of a page, asked for as htmx asks."""
        return self.see(path, **{"HX-Request": "true"})

    def _ask(self, method: str, path: str, headers: dict[str, str], **how: Any) -> Any:
        cookie = {"Cookie": f"{security.cookie_name(self.app.services.settings)}={self.cookie}"}
        self.app.client.cookies.clear()
        return self.app.client.request(
            method, path, headers={**cookie, **headers}, follow_redirects=False, **how
        )


def sign_in(
    app: RunningApp,
    name: str,
    role: str = "agent",
    *,
    language: str = "en",
    number: str | None = None,
    available: bool = False,
) -> PageClient:
    """Somebody new of ours, signed in."""
    email, now = f"{name.lower().replace(' ', '.')}@example.test", app.services.clock.now()

    def add(session: Session) -> tuple[str, str, str]:
        user = users.add_user(
            session, email=email, role=role, name=name, number=number, password=None, now=now
        )
        user.language = language
        if available:
            states.set_state(session, user.id, "available", now)
        secret = sessions.create_session(session, user.id, "tests", now)
        who = sessions.authenticate(session, secret, now)
        assert who is not None
        return user.id, secret, who.csrf

    user_id, secret, csrf = app.services.store.write_now(add)
    return PageClient(app, user_id, csrf, secret)


@contextmanager
def statements(app: RunningApp) -> Iterator[list[str]]:
    """The questions asked of the store meanwhile, the session's own included; not what runs by itself."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith("SELECT") and not BACKGROUND_SQL.search(statement):
            seen.append(statement)

    engine = app.services.store.engine
    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


def tags_on_one_line(html: str) -> str:
    """The same page with no line ending inside a tag."""
    return START_TAGS.sub(lambda tag: " ".join(tag[0].split()).replace(" >", ">"), html)


def page_text(html: str) -> str:
    """A page as it is read: without tags and marks of direction, spaces made one."""
    return SPACES.sub(" ", ISOLATES.sub("", TAGS.sub(" ", html))).strip()


def do(app: RunningApp, verb: Callable[[Session], Any]) -> Any:
    """What a verb returns, once it is committed."""
    return app.services.store.write_now(verb)


def database_steps(visitor: PageClient, path: str) -> int:
    """How many instructions of SQLite's machine a page takes: ten million are some 100 ms, on any day."""
    store, asked = visitor.app.services.store, []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if statement.startswith(("SELECT", "WITH")):
            asked.append((statement, parameters))

    event.listen(store.engine, "before_cursor_execute", note)
    visitor.see(path)
    event.remove(store.engine, "before_cursor_execute", note)
    taken = 0

    def tick() -> int:
        nonlocal taken
        taken += STEPS
        return 0

    with closing(sqlite3.connect(make_url(store.url).database or "")) as connection:
        connection.set_progress_handler(tick, STEPS)
        for statement, parameters in asked:
            connection.execute(statement, parameters).fetchall()
    return taken
