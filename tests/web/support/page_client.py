"""A signed-in user's HTTP client for the pages, without a browser."""

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
from tests.quick_passwords import PASSWORD, PASSWORD_HASH
from tests.running_app import RunningApp

ISOLATES = re.compile("[\u2066-\u2069]")
SPACES = re.compile(r"\s+")
ICON = re.compile(r'href="#i-([^"]+)"')
TAGS = re.compile(r"<[^>]+>")
START_TAGS = re.compile(r"<[a-z][^>]*>")
BACKGROUND_SQL = re.compile(r"FROM (recording \nWHERE recording.storage_name|live_event|job|presence)")

STEPS = 100
# The user's own password, as forms ask for it that give somebody a way in.
CONFIRM = {"confirm": PASSWORD, "confirm-change": PASSWORD, "confirm-access": PASSWORD}


@dataclass
class PageClient:
    """Signed in as user `id`; sends its cookie with each request, so that several users share one app."""

    app: RunningApp
    id: str
    csrf: str
    cookie: str

    def get(self, path: str, **headers: str) -> Any:
        """The response to a GET; redirects are not followed."""
        return self._request("GET", path, headers)

    def head(self, path: str, **headers: str) -> Any:
        """The response to a HEAD."""
        return self._request("HEAD", path, headers)

    def post(self, path: str, fields: dict[str, Any] | None = None, **headers: str) -> Any:
        """The response to a form with this session's CSRF token."""
        return self._request("POST", path, headers, data={"csrf": self.csrf, **(fields or {})})

    def search(self, path: str, fields: dict[str, Any] | None = None) -> Any:
        """The page a search is redirected to; the response itself where it is redirected nowhere."""
        response = self.post(path, fields)
        return self.get(response.headers["location"]) if response.status_code == 303 else response

    def put(self, path: str, fields: dict[str, Any] | None = None, **headers: str) -> Any:
        """The response to a PUT of fields, with the CSRF token in a header as our scripts send it."""
        return self._request("PUT", path, {security.HEADER: self.csrf, **headers}, data=fields or {})

    def put_text(self, path: str, text: str | bytes) -> Any:
        """The response to a PUT with this text as its body."""
        return self._request("PUT", path, {security.HEADER: self.csrf}, content=text)

    def get_page(self, path: str, **headers: str) -> str:
        """The HTML at this path, which must answer 200; each tag on one line, to be searched for."""
        response = self.get(path, **headers)
        assert response.status_code == 200, (response.status_code, response.text[-2000:])
        missing = set(ICON.findall(response.text)).difference(icons())
        assert not missing or not icons(), f"package.json names no icons {missing}"
        return tags_on_one_line(response.text)

    def get_part(self, path: str) -> str:
        """The HTML of a part of a page, requested as htmx does."""
        return self.get_page(path, **{"HX-Request": "true"})

    def _request(self, method: str, path: str, headers: dict[str, str], **options: Any) -> Any:
        cookie = {"Cookie": f"{security.cookie_name(self.app.services.settings)}={self.cookie}"}
        self.app.client.cookies.clear()
        return self.app.client.request(
            method, path, headers={**cookie, **headers}, follow_redirects=False, **options
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
    """The client of a new user, signed in."""
    email, now = f"{name.lower().replace(' ', '.')}@example.test", app.services.clock.now()

    def add(session: Session) -> tuple[str, str, str]:
        user = users.add_user(
            session, email=email, role=role, name=name, number=number, password=None, now=now
        )
        user.language, user.password_hash = language, PASSWORD_HASH
        if available:
            states.set_state(session, user.id, "available", now)
        secret = sessions.create_session(session, user.id, "tests", now)
        signed_in = sessions.authenticate(session, secret, now)
        assert signed_in is not None
        return user.id, secret, signed_in.csrf

    user_id, secret, csrf = app.services.store.write_now(add)
    return PageClient(app, user_id, csrf, secret)


@contextmanager
def statements(app: RunningApp) -> Iterator[list[str]]:
    """Collects the SELECTs of requests meanwhile, authentication's included, background work's not."""
    selects: list[str] = []

    def collect(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith("SELECT") and not BACKGROUND_SQL.search(statement):
            selects.append(statement)

    engine = app.services.store.engine
    event.listen(engine, "before_cursor_execute", collect)
    yield selects
    event.remove(engine, "before_cursor_execute", collect)


def tags_on_one_line(html: str) -> str:
    """The same page with no line ending inside a tag."""
    return START_TAGS.sub(lambda tag: " ".join(tag[0].split()).replace(" >", ">"), html)


def page_text(html: str) -> str:
    """The text of some HTML: without tags and direction marks, runs of white space made one space."""
    return SPACES.sub(" ", ISOLATES.sub("", TAGS.sub(" ", html.replace("<wbr>", "")))).strip()


def do(app: RunningApp, verb: Callable[[Session], Any]) -> Any:
    """What a verb returns, once it is committed."""
    return app.services.store.write_now(verb)


def database_steps(client: PageClient, path: str) -> int:
    """How many instructions of SQLite's virtual machine a page takes: ten million are about 100 ms."""
    store, selects = client.app.services.store, []

    def collect(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if statement.startswith(("SELECT", "WITH")):
            selects.append((statement, parameters))

    event.listen(store.engine, "before_cursor_execute", collect)
    client.get_page(path)
    event.remove(store.engine, "before_cursor_execute", collect)
    steps = 0

    def add_steps() -> int:
        nonlocal steps
        steps += STEPS
        return 0

    with closing(sqlite3.connect(make_url(store.url).database or "")) as connection:
        connection.set_progress_handler(add_steps, STEPS)
        for statement, parameters in selects:
            connection.execute(statement, parameters).fetchall()
    return steps
