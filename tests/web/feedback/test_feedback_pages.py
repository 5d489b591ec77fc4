"""Feedback in two clicks beside a call, counted, followed, and told to those who asked."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.clocks import SetClock
from tests.crm.feedback.voices import Voices
from tests.running_app import RunningApp, open_app, settings_for
from tests.web.support.page_client import PageClient, page_text, sign_in

PHONE = "+12025550134"


@pytest.fixture
def app(database_url: str, tmp_path: Path, clock: SetClock) -> Iterator[RunningApp]:
    with open_app(settings_for(database_url, tmp_path / "data"), clock) as app:
        yield app


@pytest.fixture
def voices(app: RunningApp, clock: SetClock) -> Voices:
    return Voices(app, clock)


@pytest.fixture
def grace(app: RunningApp) -> PageClient:
    """Grace, who supervises."""
    return sign_in(app, "Grace", "supervisor")


def part(client: PageClient, path: str, fields: dict[str, str]) -> Any:
    """The answer that htmx gets to a form."""
    return client.post(path, fields, **{"HX-Request": "true"})


def call_of(voices: Voices) -> str:
    """A call that rings from Mina's number."""
    voices.app.rings("CA1", PHONE)
    return str(voices.app.get("/calls/CA1")["id"])


def test_the_first_click_brings_what_the_call_knows_and_the_second_takes_it_down(
    voices: Voices, grace: PageClient
) -> None:
    mina = voices.customer("Mina Halloran", PHONE)
    call = call_of(voices)
    voices.say("Warm", "Red coat", "works")
    grace.post(f"/calls/{call}/notes", {"body": "About the coat.\nThe <zip> tears."})
    page = grace.get_page(f"/calls/{call}")
    assert f'data-hx-get="/feedback/new?call={call}"' in page
    form = grace.get_part(f"/feedback/new?call={call}")
    assert 'value="Red coat"' in form
    assert "The &lt;zip&gt; tears.</textarea>" in form
    fields = {"call": call, "product": "Red coat", "kind": "does_not", "body": "The <zip> tears."}
    taken = part(grace, "/feedback/new", fields)
    assert "Taken down: Red coat, Does not work." in page_text(taken.text)
    (row,) = voices.app.get("/feedback", customer=mina)["items"]
    assert (row["call"], row["body"], row["author"]["name"]) == (call, "The <zip> tears.", "Grace")
    history = page_text(grace.get_page(f"/customers/{mina}?show=feedback"))
    assert "Red coat: Does not work" in history
    assert "The &lt;zip&gt; tears." in history


def test_what_is_missing_is_said_in_place(voices: Voices, grace: PageClient) -> None:
    fields = {"other": "Coat", "body": "Warm", "kind": "works"}
    for change in ({"other": ""}, {"body": " "}, {"kind": ""}):
        refused = part(grace, "/feedback/new", fields | change)
        assert refused.status_code == 422
    assert voices.app.get("/feedback")["items"] == []
    assert grace.post("/feedback/new", fields).status_code == 303
    assert "Coat" in page_text(grace.get_page("/feedback/new"))


def test_it_can_be_put_elsewhere_at_once(voices: Voices, grace: PageClient) -> None:
    first = voices.say("The zip tears.")
    taken = part(
        grace, "/feedback/new", {"other": "Winter coat", "kind": "does_not", "body": "The zip is cold."}
    )
    assert "said 2 times" in page_text(taken.text)
    row = voices.app.get("/feedback")["items"][0]
    assert row["theme"] == first["theme"]
    moved = part(grace, f"/feedback/{row['id']}/theme", {"theme": "new"})
    assert "The zip is cold. said once" in page_text(moved.text)
    assert len(voices.themes()) == 2


def test_the_matrix_counts_and_leads_to_the_themes(voices: Voices, grace: PageClient) -> None:
    assert "Nothing was taken down yet" in page_text(grace.get_page("/feedback"))
    mina = voices.customer("Mina Halloran")
    for body in ("The zip tears.", "Zip again", "Too short"):
        voices.say(body, customer=mina)
    voices.say("Late", "Delivery", "does_not")
    page = page_text(grace.get_page("/feedback"))
    assert "Winter coat 0 3 0 0 3" in page
    assert "2 The zip tears. Winter coat · Does not work · 1 customer Nobody has decided yet" in page
    narrow = page_text(grace.get_page("/feedback?product=WINTER+COAT&kind=does_not"))
    assert "Winter coat , Does not work" in narrow
    assert "Late" not in narrow.split("Which themes")[-1].split("Winter coat , Does not work")[1]
    assert "None in this state" in page_text(grace.get_page("/feedback?state=done"))


def test_a_theme_is_decided_renamed_and_joined(voices: Voices, grace: PageClient) -> None:
    one, two = voices.say("The zip tears.")["theme"], voices.say("Torn at the hem")["theme"]
    answer = part(grace, f"/feedback/{one}/state", {"state": "planned", "was": "heard"})
    assert "Now: Planned." in page_text(answer.text)
    assert "Decided by Grace" in page_text(grace.get_page(f"/feedback/{one}"))
    assert part(grace, f"/feedback/{one}/state", {"state": "lost"}).status_code == 422
    grace.post(f"/feedback/{one}/name", {"text": "It tears"})
    ana = sign_in(voices.app, "Ana")
    assert ana.post(f"/feedback/{one}/merge", {"with": two}).status_code == 403
    assert "Is the same as" not in page_text(ana.get_page(f"/feedback/{one}"))
    assert "Joined." in page_text(part(grace, f"/feedback/{one}/merge", {"with": two}).text)
    page = page_text(grace.get_page(f"/feedback/{two}"))
    assert "It tears" in page
    assert "Said 2 times." in page


def test_who_asked_is_told_once(voices: Voices, grace: PageClient) -> None:
    mina, omar = voices.customer("Mina Halloran", PHONE), voices.customer("Omar Said")
    theme = voices.say("The zip tears.", customer=mina)["theme"]
    for customer in (mina, omar):
        voices.say("The zip!", customer=customer, theme=theme)
    assert part(grace, f"/feedback/{theme}/told", {"customer": mina}).status_code == 422  # not done yet
    assert "To be told" not in page_text(grace.get_page(f"/feedback/{theme}"))
    page = page_text(part(grace, f"/feedback/{theme}/state", {"state": "done"}).text)
    assert "To be told 2 of 2" in page
    assert "Mina Halloran asked 2 times" in page
    for _ in range(2):
        part(grace, f"/feedback/{theme}/promise", {"customer": mina})
    (promise,) = voices.app.get("/promises")["items"]
    assert (promise["customer"]["id"], promise["phone"], promise["owner"]["name"]) == (mina, PHONE, "Grace")
    for _ in range(2):
        page = page_text(part(grace, f"/feedback/{theme}/told", {"customer": mina}).text)
        assert "To be told 1 of 2" in page
    assert voices.app.get(f"/promises/{promise['id']}")["state"] == "kept"
    told = {
        row["customer"]["id"]: row["told_at"] for row in voices.app.get("/feedback", theme=theme)["items"]
    }
    assert (told[mina] is None, told[omar]) == (False, None)
    assert part(grace, f"/feedback/{theme}/told", {"customer": "cus_none"}).status_code == 422
    page = page_text(part(grace, f"/feedback/{theme}/not-told", {"customer": mina}).text)
    assert "To be told 2 of 2" in page


def test_it_is_found(voices: Voices, grace: PageClient) -> None:
    theme = voices.say("The zip tears.")["theme"]
    found = grace.search("/find", {"q": "zip coat"}).text
    assert f"/feedback/{theme}#" in found
    assert "Winter coat" in page_text(found)
