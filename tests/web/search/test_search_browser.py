"""In a browser, Back after what a search led to shows the results again."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser import Staff, staff_at
from tests.server_thread import ThreadedServer
from tests.shop import Shop

MINA = "+12025550134"


@pytest.fixture(scope="module")
def staff(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staff]:
    """The users of one server, in whose store there is a customer who rang."""
    server = ThreadedServer(tmp_path_factory.mktemp("search"))
    server.start()
    shop = Shop(server.services.store)
    shop.answered(MINA, -5, customer_id=shop.customer("Mina Halloran", MINA))
    with staff_at(server) as staff:
        yield staff
    server.stop()


@pytest.mark.parametrize(
    ("path", "field", "result"),
    [
        ("/promises", "#search", "main a[href^='/customers/']"),
        ("/customers", "#seek", ".people a"),
        ("/calls?when=all", "#q", "table.calls a[data-row]"),
    ],
)
def test_back_after_a_result_shows_the_results(staff: Staff, path: str, field: str, result: str) -> None:
    page = staff.open_page(staff.hire(f"Ana{len(path)}"))
    page.goto(staff.server.url + path)
    page.fill(field, "halloran")
    page.press(field, "Enter")
    page.wait_for_url("**/find/*")
    results = page.url
    page.locator(result).first.click()
    expect(page).not_to_have_url(results)
    expect(page.locator("h1")).not_to_have_text("")
    page.go_back()
    expect(page).to_have_url(results)
    expect(page.locator("main")).to_contain_text("Mina Halloran")
    expect(page.locator(result).first).to_be_visible()
    assert staff.page_errors == []
