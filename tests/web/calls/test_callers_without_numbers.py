"""Callers who are no telephone number: each page shows them as what they are, and nobody is made of them."""

import pytest
from sqlmodel import select

from callcrm.models import CustomerPhone
from tests.running_app import RunningApp
from tests.web.support.incoming_call import IncomingCall
from tests.web.support.page_client import PageClient, do, page_text, sign_in

pytestmark = pytest.mark.one_engine

CALLERS = {
    "sip:alice@pbx.example.com;transport=tls": "sip:alice@pbx.example.com",
    "sip:+12025550123@trunk.example.com": "sip:+12025550123@trunk.example.com",
    "70070": "70070",
}
each_caller = pytest.mark.parametrize(("raw", "shown"), CALLERS.items())


@pytest.fixture
def ana(app: RunningApp) -> PageClient:
    return sign_in(app, "Ana", number="+12025550101", available=True)


@pytest.fixture
def sue(app: RunningApp) -> PageClient:
    return sign_in(app, "Sue", "supervisor")


def assert_shown(client: PageClient, path: str, shown: str, *, part: bool = False) -> None:
    text = page_text(client.get_part(path) if part else client.get_page(path))
    assert shown in text, path
    assert "Number withheld" not in text, path


@each_caller
def test_the_desk_shows_who_rings_and_who_waits(
    app: RunningApp, ana: PageClient, raw: str, shown: str
) -> None:
    call = IncomingCall(app, caller=raw).through_menus()
    assert_shown(ana, "/desk/call-panel", shown, part=True)
    call.ring()
    call.pick_up()
    assert_shown(ana, "/desk/call-panel", shown, part=True)
    IncomingCall(app, caller=raw).through_menus()  # Ana is busy: the queue
    assert_shown(ana, "/desk/waiting", shown, part=True)
    card = page_text(ana.get_part(f"/desk/card/{call.id}"))
    assert f"They call from {shown} , which is no telephone number" in card


@each_caller
def test_lists_and_the_calls_own_page_show_them(
    app: RunningApp, ana: PageClient, sue: PageClient, raw: str, shown: str
) -> None:
    call = IncomingCall(app, caller=raw).through_menus()
    call.hang_up()
    for path in ("/calls", f"/calls/{call.id}", f"/pops?agent={ana.id}"):
        assert_shown(sue, path, shown)
    assert f"A call from {shown} arrives" in page_text(sue.get_page(f"/calls/{call.id}"))
    assert "Choose the call of" in sue.get_page("/calls")
    assert f', {shown}"' in sue.get_page("/calls")  # what a screen reader says of the row


@pytest.mark.background
@each_caller
def test_a_message_they_leave_is_owed_to_them(app: RunningApp, sue: PageClient, raw: str, shown: str) -> None:
    call = IncomingCall(app, caller=raw)
    menu = app.rings(call.sid, raw)
    operator = app.twiml(menu.path("Gather"), call._fields(Digits="0"))
    recorder = app.twiml(operator.path("Dial"), call._fields(DialCallStatus="no-answer"))
    recorded = {"RecordingSid": "RE" + "1" * 32, "RecordingDuration": "9", "RecordingUrl": "x"}
    app.twiml(recorder.path("Record"), call._fields(**recorded))
    call.hang_up()
    app.get(f"/calls/{call.sid}")
    assert_shown(sue, "/promises", shown)


@each_caller
def test_the_api_says_null_and_what_the_carrier_said(app: RunningApp, raw: str, shown: str) -> None:
    call = IncomingCall(app, caller=raw).through_menus()
    found = app.get(f"/calls/{call.sid}")
    assert (found["from"], found["from_raw"], found["customer"], found["candidates"]) == (None, raw, None, [])


@each_caller
def test_nobody_becomes_a_customer_of_that_number(
    app: RunningApp, ana: PageClient, raw: str, shown: str
) -> None:
    call = IncomingCall(app, caller=raw).through_menus()
    refused = ana.post(f"/desk/calls/{call.id}/new", {"name": "Mina"})
    assert refused.status_code == 422
    assert "no telephone number" in page_text(refused.text)
    assert do(app, lambda session: session.exec(select(CustomerPhone)).all()) == []
