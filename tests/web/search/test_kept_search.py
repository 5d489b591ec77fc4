"""A search has an address of its own, without its words: Back and a reload lead to the results."""

from datetime import timedelta

import pytest

from callcrm.agents.browser import kept_searches
from callcrm.models import KeptSearch
from tests.clocks import SetClock
from tests.running_app import RunningApp
from tests.shop import Shop
from tests.web.support.page_client import PageClient, do, page_text, sign_in

pytestmark = pytest.mark.one_engine

MINA = "+12025550134"
PATHS = ("/find", "/customers/find", "/calls/find")


@pytest.fixture
def ana(app: RunningApp) -> PageClient:
    """Ana, for whose store there is a customer who rang."""
    ana, shop = sign_in(app, "Ana"), Shop(app.services.store)
    mina = shop.customer("Mina Halloran", MINA)
    shop.answered(MINA, -5, customer_id=mina, agent_id=ana.id)
    return ana


def address(client: PageClient, path: str, q: str = "halloran") -> str:
    """The address of the page of results."""
    response = client.post(path, {"q": q})
    assert response.status_code == 303
    return str(response.headers["location"])


@pytest.mark.parametrize("path", PATHS)
def test_a_search_leads_to_a_page_one_can_come_back_to(ana: PageClient, path: str) -> None:
    page = address(ana, path)
    assert page.startswith(f"{path}/")
    assert "halloran" not in page.lower()
    for _ in range(2):
        assert "Mina Halloran" in page_text(ana.get_page(page))


@pytest.mark.parametrize("path", PATHS)
def test_a_search_is_its_sessions_own(app: RunningApp, ana: PageClient, path: str) -> None:
    page, ben = address(ana, path), sign_in(app, "Ben", "admin")
    response = ben.get(page)
    assert response.status_code == 303
    assert "/find/" not in response.headers["location"]
    other = next(each for each in PATHS if each != path)
    assert ana.get(page.replace(path, other)).status_code == 303


@pytest.mark.parametrize("path", PATHS)
def test_what_is_no_search_leads_to_the_empty_page(ana: PageClient, path: str) -> None:
    for key in ("x", "a" * 32, "%00", "a'b", "halloran"):
        assert ana.get(f"{path}/{key}").status_code == 303


def test_the_same_search_again_is_the_same_page(ana: PageClient) -> None:
    assert address(ana, "/find") == address(ana, "/find")
    assert address(ana, "/find") != address(ana, "/find", "mina")


def test_a_session_keeps_only_so_many_and_each_for_a_day(
    app: RunningApp, ana: PageClient, clock: SetClock
) -> None:
    pages = []
    for number in range(kept_searches.MOST + 3):
        clock.advance(1)
        pages.append(address(ana, "/find", f"word {number}"))
    assert ana.get(pages[0]).status_code == 303
    assert ana.get(pages[-1]).status_code == 200
    later = app.services.clock.now() + kept_searches.LIFETIME + timedelta(seconds=1)
    assert do(app, lambda session: kept_searches.delete_expired(session, later)) == kept_searches.MOST
    assert do(app, lambda session: session.get(KeptSearch, pages[-1].rpartition("/")[2])) is None


def test_pasted_numbers_find_both_callers(app: RunningApp, ana: PageClient) -> None:
    Shop(app.services.store).customer("Tom Hart", "+12025550135")
    text = page_text(ana.get_page(address(ana, "/customers/find", f"{MINA} +1\u2011202\u2011555\u20110135")))
    assert "Mina Halloran" in text
    assert "Tom Hart" in text
