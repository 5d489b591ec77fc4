"""Users of a server at their browsers in Chromium, and the errors of their pages."""

import asyncio
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright
from sqlmodel import Session

from callcrm.agents import sessions, users
from callcrm.config import load_settings
from callcrm.models import User
from callcrm.store.store import Store
from callcrm.web.security import cookie_name
from tests.clocks import CLOCK, THREADS
from tests.quick_passwords import PASSWORD_HASH
from tests.running import Server

# A busy machine is slow.
expect.set_options(timeout=20_000)
WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 360, "height": 740}
# The same engine without the browser around it, which nobody sees here, takes two thirds of the time.
PROGRAMS = ("chromium-headless-shell", "chromium")
MICROPHONE = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")


@dataclass
class Staff:
    """Adds users to a server and opens pages for them; collects the pages' errors."""

    server: Server
    browser: Browser
    page_errors: list[str] = field(default_factory=list)

    def hire(self, name: str, role: str = "agent", *, number: str | None = None) -> str:
        """Adds a user with the tests’ password; their e-mail address."""
        email = f"{name.lower()}@example.test"

        def verb(session: Session) -> None:
            users.add_user(
                session, email, role, name, number, None, CLOCK.now()
            ).password_hash = PASSWORD_HASH

        self.do(verb)
        return email

    def do(self, verb: Any) -> Any:
        """What a verb returns, run in a transaction on the server's store."""
        store = Store(load_settings(self.server.environment).database, CLOCK, THREADS)
        try:
            return store.write_now(verb)
        finally:
            store.close()

    def open_page(self, email: str, **options: Any) -> Page:
        """A page signed in as this user; `options` are those of Playwright's new_context."""
        page = self.anonymous_page(**options)
        self.sign_in(page, email)
        return page

    def sign_in(self, page: Page, email: str) -> None:
        """Signs the page in as this user by a session made in the store."""
        secret = self.do(lambda session: _create_session(session, email))
        name = cookie_name(load_settings(self.server.environment))
        page.context.add_cookies([{"name": name, "value": secret, "url": self.server.url}])
        page.goto(f"{self.server.url}/")
        expect(page).to_have_url(re.compile(r"/(desk|calls)"))

    def anonymous_page(self, **options: Any) -> Page:
        """A page nobody is signed in at; `options` as Playwright's new_context takes them."""
        context = self.browser.new_context(**{"viewport": WIDE, "locale": "en-GB", **options})
        page = context.new_page()
        page.on("console", lambda message: self._console(message.type, message.text))
        page.on("pageerror", lambda error: self._console("error", str(error)))
        return page

    def _console(self, kind: str, text: str) -> None:
        # A request that fails because a test killed its server is no fault of the page.
        if kind == "error" and not any(
            words in text for words in ("Failed to load resource", "Failed to fetch")
        ):
            self.page_errors.append(text)


def _create_session(session: Session, email: str) -> str:
    user: User = users.user_by_email(session, email)
    return sessions.create_session(session, user.id, "Chromium", CLOCK.now())


class SharedChromium:
    """One Chromium for all tests of a process; each block's contexts are closed at its end."""

    def __init__(self) -> None:
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @contextmanager
    def use(self) -> Iterator[Browser]:
        """The browser. Playwright's event loop is this thread's running loop only inside the block."""
        before = asyncio._get_running_loop()
        asyncio._set_running_loop(before or self._loop)
        try:
            browser = self._started_browser()
            open_before: set[BrowserContext] = set(browser.contexts)
            yield browser
            for context in set(browser.contexts) - open_before:
                context.close()
        finally:
            asyncio._set_running_loop(before)

    def close(self) -> None:
        """Closes the browser."""
        if self._playwright is not None and self._browser is not None:
            asyncio._set_running_loop(self._loop)
            self._browser.close()
            self._playwright.stop()
            self._playwright = self._browser = None

    def _started_browser(self) -> Browser:
        if self._playwright is None:
            self._playwright = sync_playwright().start()
            self._loop = asyncio._get_running_loop()
        if self._browser is None or not self._browser.is_connected():
            path = next(filter(None, map(shutil.which, PROGRAMS)), None)
            assert path, "the browser tests need Debian's package chromium-headless-shell, or chromium"
            arguments = ["--no-sandbox", *MICROPHONE]
            self._browser = self._playwright.chromium.launch(executable_path=path, args=arguments)
        return self._browser


shared = SharedChromium()


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, headless, with a simulated microphone."""
    with shared.use() as browser:
        yield browser


@contextmanager
def staff_at(server: Server) -> Iterator[Staff]:
    """The server's users at their browsers; an error in a page fails the test at the end of the block."""
    with chromium() as browser:
        staff = Staff(server, browser)
        yield staff
    assert staff.page_errors == [], staff.page_errors
