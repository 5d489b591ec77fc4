"""Imports on their pages: a file is sent, tried, mapped, brought in, and undone."""

import re
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest

from callcrm.web import security
from tests.clocks import SetClock
from tests.running_app import RunningApp, open_app, settings_for
from tests.web.support.page_client import PageClient, page_text, sign_in

FILE = "phone,total,product\n+12025550134,12.50,Coat\n5,1,Hat\n"


@pytest.fixture
def app(database_url: str, tmp_path: Path, clock: SetClock) -> Iterator[RunningApp]:
    with open_app(settings_for(database_url, tmp_path / "data"), clock) as app:
        yield app


@pytest.fixture
def grace(app: RunningApp) -> PageClient:
    """Grace, who supervises."""
    return sign_in(app, "Grace", "supervisor")


def send(page: PageClient, content: str, *, csrf: str | None = None) -> Any:
    """The response to a file, as a browser without scripts sends it."""
    cookie = f"{security.cookie_name(page.app.services.settings)}={page.cookie}"
    page.app.client.cookies.clear()
    return page.app.client.post(
        "/imports",
        files={"file": ("shop.csv", content.encode())},
        data={"csrf": page.csrf if csrf is None else csrf, "kind": "purchases"},
        headers={"Cookie": cookie},
        follow_redirects=False,
    )


def wait(page: PageClient, path: str, words: str) -> str:
    """The text of the page, once it has these words."""
    until, text = monotonic() + 20, ""
    while monotonic() < until:
        text = page_text(page.get_page(path))
        if words in text:
            return text
        sleep(0.02)
    raise AssertionError(text)


def test_a_file_is_tried_brought_in_and_undone(app: RunningApp, grace: PageClient) -> None:
    path = send(grace, FILE).headers["location"]
    tried = wait(grace, path, "Tried")
    assert "Would be new 1" in tried
    assert "Left out for a fault 1" in tried
    assert "3 phone No number that can be rung." in tried
    assert app.get("/purchases")["items"] == []
    assert grace.post(f"{path}/run", {}).status_code == 303
    assert "New 1" in wait(grace, path, "Brought in")
    assert len(app.get("/purchases")["items"]) == 1
    table = grace.get(f"{path}/errors.csv")
    assert table.text == "\ufeffRow,Column,What is wrong\r\n3,phone,No number that can be rung.\r\n"
    grace.post(f"{path}/undo", {})
    wait(grace, path, "Undone")
    assert app.get("/purchases")["items"] == []
    assert "shop.csv Undone Purchases" in page_text(grace.get_page("/imports"))


def test_columns_without_known_names_are_chosen_and_remembered(app: RunningApp, grace: PageClient) -> None:
    odd = FILE.replace("phone,total,product", "who,much,what")
    path = send(grace, odd).headers["location"]
    page = grace.get_page(path)
    assert "Say below which column is what." in page_text(page)
    assert re.findall(r'<select class="input" id="(column-\d)"', page) == ["column-0", "column-1", "column-2"]
    refused = grace.post(f"{path}/try", {"column-0": "phone"})
    assert (refused.status_code, "Say which column has the sum." in page_text(refused.text)) == (422, True)
    grace.post(f"{path}/try", {"column-0": "phone", "column-1": "total", "column-2": "product"})
    assert "Would be new 1" in wait(grace, path, "Tried")
    again = send(grace, odd).headers["location"]
    wait(grace, again, "Tried")


@pytest.mark.one_engine
def test_what_is_no_table_is_refused_on_the_page(app: RunningApp, grace: PageClient) -> None:
    response = send(grace, "")
    assert response.status_code == 422
    assert "The file is empty." in page_text(response.text)


@pytest.mark.one_engine
def test_a_file_with_another_s_token_is_not_taken(app: RunningApp, grace: PageClient) -> None:
    assert send(grace, FILE, csrf="nobody's").status_code == 403
    assert app.get("/imports")["items"] == []


@pytest.mark.one_engine
def test_agents_bring_nothing_in(app: RunningApp) -> None:
    ana = sign_in(app, "Ana")
    assert ana.get("/imports").status_code == 403
    assert send(ana, FILE).status_code == 403
