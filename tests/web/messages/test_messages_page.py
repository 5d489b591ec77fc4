"""The page of messages: what nobody has answered, whoever wrote it."""

from typing import Any

import pytest

from callcrm.models import Message, MessageMedia
from tests.running import LINE
from tests.running_app import RunningApp
from tests.shop import NOON, Shop
from tests.web.support.page_client import PageClient, do, page_text, sign_in

pytestmark = pytest.mark.one_engine
HX: dict[str, Any] = {"HX-Request": "true"}


@pytest.fixture
def ana(app: RunningApp) -> PageClient:
    return sign_in(app, "Ana Lane")


def write(app: RunningApp, sid: str, sender: str, body: str, **more: str) -> str:
    """A message comes in; its id."""
    fields = {"MessageSid": sid, "From": sender, "To": LINE, "Body": body, "NumMedia": "0", **more}
    assert app.post("/webhooks/twilio/message", fields).status_code == 204
    return str(app.get(f"/messages/{sid}")["id"])


def test_messages_of_strangers_and_short_codes_wait_to_be_answered(app: RunningApp, ana: PageClient) -> None:
    Shop(app.services.store).customer("Mina Halloran", "+12025550134")
    write(app, "SM1", "+12025550134", "Is my coat ready?")
    write(app, "SM2", "+12025550177", "Do you clean rugs?", ProfileName="Pascal")
    write(app, "SM3", "74663", "Your code is 1234")
    text = page_text(ana.get_page("/messages"))
    for part in ("Mina Halloran", "+1 202 555 0177", "Pascal", "74663", "Your code is 1234"):
        assert part in text
    assert 'href="/messages" aria-current="page"' in ana.get_page("/messages")


def test_an_answered_message_leaves_the_list_and_can_come_back(app: RunningApp, ana: PageClient) -> None:
    message = write(app, "SM1", "74663", "Your code is 1234")
    assert "Answered" in page_text(ana.post(f"/messages/{message}/answered", **HX).text)
    assert "Everything is answered" in page_text(ana.get_page("/messages"))
    assert "Your code is 1234" in page_text(ana.get_page("/messages?show=all"))
    ana.post(f"/messages/{message}/unanswered")
    assert "Your code is 1234" in page_text(ana.get_page("/messages"))


def test_the_navigation_counts_what_nobody_has_answered(app: RunningApp, ana: PageClient) -> None:
    assert page_text(ana.get_part("/messages/unanswered")) == ""
    message = write(app, "SM1", "74663", "one")
    write(app, "SM2", "74663", "two")
    assert page_text(ana.get_part("/messages/unanswered")) == "2 unanswered"
    ana.post(f"/messages/{message}/answered", **HX)
    assert page_text(ana.get_part("/messages/unanswered")) == "1 unanswered"


def test_a_list_that_follows_keeps_what_was_answered_on_it(app: RunningApp, ana: PageClient) -> None:
    first = write(app, "SM1", "74663", "one.")
    assert f'name="shown" value="{first}"' in ana.get_page("/messages")
    ana.post(f"/messages/{first}/answered", **HX)
    write(app, "SM2", "74663", "two.")
    part = ana.get_part(f"/messages?show=unanswered&shown={first}")
    assert "<html" not in part
    assert [text in part for text in ("one.", "two.", "Open again")] == [True] * 3
    assert "one." not in ana.get_part("/messages?show=unanswered")
    ben = sign_in(app, "Ben")
    assert "one." not in ben.get_part(f"/messages?show=unanswered&shown={first}")


def test_who_answered_first_stays_the_one_who_did(app: RunningApp, ana: PageClient) -> None:
    message, ben = write(app, "SM1", "74663", "one"), sign_in(app, "Ben")
    for client in (ana, ben):
        client.post(f"/messages/{message}/answered", **HX)
    row = do(app, lambda session: session.get_one(Message, message))
    assert row.answered_by == ana.id


def test_every_waiting_message_is_reached_by_paging(app: RunningApp, ana: PageClient) -> None:
    for number in range(45):
        write(app, f"SM{number}", "74663", f"text-{number}.")
    first = ana.get_page("/messages")
    following = first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    text = page_text(first) + page_text(ana.get_page(following))
    assert all(f"text-{number}." in text for number in range(45))


def test_all_with_one_party_stand_together(app: RunningApp, ana: PageClient) -> None:
    message = write(app, "SM1", "74663", "first")
    write(app, "SM2", "74663", "second")
    write(app, "SM3", "+12025550177", "another")
    text = page_text(ana.get_page(f"/messages/{message}"))
    assert "first" in text
    assert "second" in text
    assert "another" not in text


@pytest.mark.parametrize("q", ["code 1234", "74663", "YOUR"])
def test_a_short_code_s_message_is_found_by_search(app: RunningApp, ana: PageClient, q: str) -> None:
    message = write(app, "SM1", "74663", "Your code is 1234")
    assert f'href="/messages/{message}"' in ana.search("/find", {"q": q}).text


def test_a_place_a_button_and_a_picture_are_shown(app: RunningApp, ana: PageClient) -> None:
    place = {"Latitude": "35.5", "Longitude": "51.25", "Address": "Valiasr 12"}
    message = write(app, "SM1", "whatsapp:+12025550177", "", ButtonText="Yes", **place)
    file = MessageMedia(
        id="med_1", message_id=message, position=0, url="x", content_type="image/png", status="stored",
        storage_name="c" * 32, created_at=NOON,
    )  # fmt: skip
    do(app, lambda session: session.add(file))
    page = ana.get_page("/messages")
    assert 'src="/media/med_1"' in page
    for part in ("35.500000, 51.250000", "Valiasr 12", "Button: Yes", "WhatsApp"):
        assert part in page_text(page)


def test_one_of_ours_is_not_to_be_answered(app: RunningApp, ana: PageClient) -> None:
    shop = Shop(app.services.store)
    ours = shop.message(direction="outbound", status="sent")
    assert ana.post(f"/messages/{ours}/answered").status_code == 404
    assert shop.get(Message, ours).answered_at is None
