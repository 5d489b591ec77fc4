"""Texts of either direction on pages of either: seen from their beginning, and nothing at the wrong end."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Page
from sqlmodel import Session

from callcrm.agents import users
from callcrm.models import Job
from callcrm.web.parts.samples import PANELS
from tests.browser import NARROW, WIDE, Staff, staff_at
from tests.server_thread import ThreadedServer
from tests.shop import NOON, Shop
from tests.web.support.stock import stock
from tests.web.support.tour import sample_ids

pytestmark = pytest.mark.timeout(240)
LONG_ERROR = "sqlalchemy.dialects.postgresql.asyncpg.AsyncAdapt_asyncpg_dbapi.ProgrammingError"
FAULTS = (Path(__file__).parent / "faults.js").read_text()
LISTS = (
    "/desk",
    "/customers",
    "/calls",
    "/promises?whose=all",
    "/pops",
    "/me",
    "/customers/new",
    "/parts",
    "/messages?show=all",
    "/purchases",
    "/loyalty",
    "/complaints",
    "/complaints/causes",
    "/answers",
    "/contacts",
    "/subjects",
    "/surveys",
    "/conduct",
    "/feedback",
)
SETTINGS = (
    "/settings/users",
    "/settings/queues",
    "/settings/numbers",
    "/settings/users/new",
    "/settings/tokens",
    "/settings/dead-letters",
)
NOUNS = (
    "/customers/",
    "/calls/",
    "/messages/",
    "/settings/users/",
    "/complaints/",
    "/answers/",
    "/conduct/incidents/",
)


@pytest.fixture(scope="module")
def staff(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staff]:
    """The users of a server with sample data, at their browsers."""
    server = ThreadedServer(tmp_path_factory.mktemp("directions"))
    server.start()
    stock(server, server.folder / "recordings")
    Shop(server.services.store).add(
        Job(kind="send_message", dedupe_key="x", payload={}, run_at=NOON, dead_at=NOON, last_error=LONG_ERROR)
    )
    with staff_at(server) as staff:
        yield staff
    server.stop()


def paths(staff: Staff) -> list[str]:
    """The pages of an admin, and each state of the desk."""
    ids = staff.do(sample_ids)
    nouns = [noun + row for noun in NOUNS for row in ids[noun][:2]]
    return [*LISTS, *SETTINGS, *nouns, *(f"/parts/desk/{quote(state)}" for state in PANELS)]


def open_page(staff: Staff, language: str) -> Page:
    """The page of a new admin with this language."""
    email = staff.hire(f"Ada{language}", "admin")

    def verb(session: Session) -> None:
        users.user_by_email(session, email).language = language

    staff.do(verb)
    return staff.open_page(email)


@pytest.mark.parametrize("language", ["en", "fa"])
def test_texts_of_both_directions_begin_where_they_are_seen(staff: Staff, language: str) -> None:
    page = open_page(staff, language)
    faults: dict[str, list[str]] = {}
    for path in paths(staff):
        page.goto(staff.server.url + path)
        for size in (WIDE, NARROW):
            page.set_viewport_size(size)  # type: ignore[arg-type]
            if found := page.evaluate(FAULTS):
                faults[f"{path} {size['width']}"] = found
    page.set_viewport_size(WIDE)  # type: ignore[arg-type]
    for q in ("نمونه", "the", "555"):
        page.fill("#search", q)
        page.press("#search", "Enter")
        page.wait_for_load_state()
        if found := page.evaluate(FAULTS):
            faults[q] = found
    assert not faults, "\n".join(f"{path}: {fault}" for path in faults for fault in faults[path])
