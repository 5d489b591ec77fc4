"""A real server, real people signed in at it in real Chromium, and whatever their pages complained of."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.running import Server

# A machine at other work is slow; whoever is waited for longer than this does not come.
expect.set_options(timeout=20_000)
PASSWORD = "a long sentence for the tests"
WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 360, "height": 740}


@dataclass
class People:
    """Who works at a server of the tests, and the browsers they sit at."""

    server: Server
    browser: Browser
    complaints: list[str] = field(default_factory=list)
    open: list[BrowserContext] = field(default_factory=list)

    def hire(self, name: str, role: str = "agent", *, number: str | None = None) -> str:
        """Somebody of ours with a password; their e-mail address."""
        email = f"{name.lower()}@example.test"
        phone = ("--number", number) if number else ()
        hired = self.server.run(
            "user", "add", email, "--role", role, "--name", name, *phone, "--password-stdin", text=PASSWORD
        )
        assert hired.returncode == 0, hired.stderr
        return email

    def sit_down(self, email: str, **how: Any) -> Page:
        """A page signed in as this user, at the desk or where they belong."""
        page = self.stranger(**how)
        self.sign_in(page, email)
        return page

    def sign_in(self, page: Page, email: str) -> None:
        """This page is that user's from now on."""
        page.goto(f"{self.server.url}/login")
        page.fill("#email", email)
        page.fill("#password", PASSWORD)
        page.click("button.main")
        page.wait_for_url(re.compile(r"/(desk|calls)"))

    def stranger(self, **how: Any) -> Page:
        """A page nobody is signed in at; `how` as Playwright's new_context takes it."""
        context = self.browser.new_context(**{"viewport": WIDE, "locale": "en-GB", **how})
        self.open.append(context)
        page = context.new_page()
        page.on("console", lambda message: self._console(message.type, message.text))
        page.on("pageerror", lambda fault: self.complaints.append(f"error: {fault}"))
        return page

    def _console(self, kind: str, text: str) -> None:
        if kind == "error" and "Failed to load resource" not in text:
            self.complaints.append(f"console: {text}")


@contextmanager
def chromium(*options: str) -> Iterator[Browser]:
    """Debian's Chromium, without a head."""
    path = shutil.which("chromium")
    assert path, "the browser tests need Debian's package chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", *options])
        yield browser
        browser.close()


@contextmanager
def people(server: Server) -> Iterator[People]:
    """The server's people, each at a browser of their own; a page that complained fails the test."""
    with chromium() as browser:
        crowd = People(server, browser)
        yield crowd
        for context in crowd.open:
            context.close()
        assert crowd.complaints == []
