"""Those who work at a server, in a browser and in the language they read."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page
from sqlmodel import Session

from callcrm.agents import states, users
from callcrm.customers import customers
from tests import axe
from tests.browser import NARROW, WIDE, Staff, staff_at
from tests.clocks import CLOCK
from tests.running import LINE
from tests.server_thread import ThreadedServer

LANGUAGES = pytest.mark.parametrize("language", ["en", "fa"])


@contextmanager
def workplace(folder: Path) -> Iterator[Staff]:
    """A server in this process, for as long as the block, and its users at their browsers."""
    server = ThreadedServer(folder)
    server.start()
    try:
        with staff_at(server) as staff:
            yield staff
    finally:
        server.stop()


def at_work(staff: Staff, name: str, role: str, language: str, *, number: str | None = None) -> Page:
    """A page of a new user who reads this language; an agent is on duty."""
    email = staff.hire(f"{name}{language}", role, number=number)

    def set_up(session: Session) -> None:
        user = users.user_by_email(session, email)
        user.language = language
        if role == "agent":
            states.set_state(session, user.id, "available", CLOCK.now())

    staff.do(set_up)
    return staff.open_page(email, bypass_csp=True)


def user_id(staff: Staff, name: str, language: str) -> str:
    """The id of a user whom `at_work` has added."""
    email = f"{name}{language}@example.test".lower()
    found: str = staff.do(lambda session: users.user_by_email(session, email).id)
    return found


def add_customer(staff: Staff, name: str, phone: str) -> str:
    """Adds a customer of this number; their id."""
    changes = {"name": name, "phones": [phone]}

    def verb(session: Session) -> str:
        own = frozenset({LINE})
        return customers.create(session, changes, region="US", own=own, now=CLOCK.now()).id  # type: ignore[arg-type]

    customer_id: str = staff.do(verb)
    return customer_id


def fits(page: Page) -> None:
    """Asserts that nothing on the page keeps anybody out, and that it is as wide as a small telephone is."""
    violations = axe.violations(page)
    assert violations == [], "\n".join(violations)
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= NARROW["width"], width
    page.set_viewport_size(WIDE)  # type: ignore[arg-type]
