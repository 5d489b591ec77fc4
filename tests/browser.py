"""People of ours signed in at a server in real Chromium, and whatever their pages complained of."""

import asyncio
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright
from sqlmodel import Session

from callcrm.agents import passwords, sessions, users
from callcrm.config import load_settings
from callcrm.models import User
from callcrm.store.store import Store
from callcrm.web.security import cookie_name
from tests.clocks import CLOCK, THREADS
from tests.running import Server

# A machine at other work is slow; whoever is waited for longer than this does not come.
expect.set_options(timeout=20_000)
PASSWORD = "a long sentence for the tests"
PASSWORD_HASH = passwords.hash_password(PASSWORD)
WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 360, "height": 740}
MICROPHONE = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")


@dataclass
class Staff:
    """Who works at a server of the tests, and the browsers they sit at."""

    server: Server
    browser: Browser
    page_errors: list[str] = field(default_factory=list)

    def hire(self, name: str, role: str = "agent", *, number: str | None = None) -> str:
        """Somebody of ours with a password; their e-mail address."""
        email = f"{name.lower()}@example.test"

        def verb(session: Session) -> None:
            users.add_user(
                session, email, role, name, number, None, CLOCK.now()
            ).password_hash = PASSWORD_HASH

        self.do(verb)
        return email

    def do(self, verb: Any) -> Any:
        """What a verb returns, done in the server's own store."""
        store = Store(load_settings(self.server.environment).database, CLOCK, THREADS)
        try:
            return store.write_now(verb)
        finally:
            store.close()

    def open_page(self, email: str, **how: Any) -> Page:
        """A page signed in as this user, at the desk or where they belong."""
        page = self.anonymous_page(**how)
        self.sign_in(page, email)
        return page

    def sign_in(self, page: Page, email: str) -> None:
        """This page is that user's from now on, as if they had gone through the login."""
        secret = self.do(lambda session: _signed_in(session, email))
        name = cookie_name(load_settings(self.server.environment))
        page.context.add_cookies([{"name": name, "value": secret, "url": self.server.url}])
        page.goto(f"{self.server.url}/")
        page.wait_for_url(re.compile(r"/(desk|calls)"))

    def sign_in_by_form(self, page: Page, email: str) -> None:
        """This page is that user's from now on: they go through the login."""
        page.goto(f"{self.server.url}/login")
        page.fill("#email", email)
        page.fill("#password", PASSWORD)
        page.click("button.main")
        page.wait_for_url(re.compile(r"/(desk|calls)"))

    def anonymous_page(self, **how: Any) -> Page:
        """A page nobody is signed in at; `how` as Playwright's new_context takes it."""
        context = self.browser.new_context(**{"viewport": WIDE, "locale": "en-GB", **how})
        page = context.new_page()
        page.on("console", lambda said: self._console(said.type, said.text))
        page.on("pageerror", lambda fault: self.page_errors.append(f"error: {fault}"))
        return page

    def _console(self, kind: str, text: str) -> None:
        if kind == "error" and "Failed to load resource" not in text:
            self.page_errors.append(f"console: {text}")


def _signed_in(session: Session, email: str) -> str:
    user: User = users.user_by_email(session, email)
    return sessions.create_session(session, user.id, "Chromium", CLOCK.now())


class SharedChromium:
    """One Chromium for all tests of a process; each block that uses it leaves no window behind."""

    def __init__(self) -> None:
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @contextmanager
    def use(self) -> Iterator[Browser]:
        """The browser. Between blocks Playwright's event loop, at rest in this thread, is out of the way."""
        before = asyncio._get_running_loop()
        asyncio._set_running_loop(before or self._loop)
        try:
            browser = self._running()
            others: set[BrowserContext] = set(browser.contexts)
            yield browser
            for context in set(browser.contexts) - others:
                context.close()
        finally:
            asyncio._set_running_loop(before)

    def close(self) -> None:
        """Ends it."""
        if self._playwright is not None and self._browser is not None:
            asyncio._set_running_loop(self._loop)
            self._browser.close()
            self._playwright.stop()
            self._playwright = self._browser = None

    def _running(self) -> Browser:
        if self._playwright is None:
            self._playwright = sync_playwright().start()
            self._loop = asyncio._get_running_loop()
        if self._browser is None or not self._browser.is_connected():
            path = shutil.which("chromium")
            assert path, "the browser tests need Debian's package chromium"
            arguments = ["--no-sandbox", *MICROPHONE]
            self._browser = self._playwright.chromium.launch(executable_path=path, args=arguments)
        return self._browser


shared = SharedChromium()


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, without a head and with a microphone that hums."""
    with shared.use() as browser:
        yield browser


@contextmanager
def staff_at(server: Server) -> Iterator[Staff]:
    """The server's people, each at a browser of their own; a page that complained fails the test."""
    with chromium() as browser:
        staff = Staff(server, browser)
        yield staff
    assert staff.page_errors == []
