"""The customer card beside a call: pinned notes, open promises and the last contacts."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session

from callcrm.base.ids import new_id
from callcrm.carrier.errors import CarrierDown
from callcrm.models import Call, Message, Note, Promise
from tests.clocks import CLOCK
from tests.running_app import RunningApp
from tests.web.desk.test_call_panel import PHONE, add_customer
from tests.web.support.incoming_call import HTMX, IncomingCall
from tests.web.support.page_client import PageClient, do, page_text, sign_in, statements

pytestmark = pytest.mark.one_engine


@pytest.fixture
def ana(app: RunningApp) -> PageClient:
    """An available agent."""
    return sign_in(app, "Ana Lane", number=PHONE, available=True)


def add_past_call(
    app: RunningApp, customer_id: str, days: int, outcome: str = "answered", **more: Any
) -> str:
    """Adds a call of this customer so many days ago; its id."""
    at = app.services.clock.now() - timedelta(days=days)

    def verb(session: Session) -> str:
        columns: dict[str, Any] = {"direction": "inbound", "phone": "+12025550134", "talk_seconds": 0, **more}
        row = Call(
            id=new_id("call", CLOCK.now()),
            carrier_sid=new_id("CA", CLOCK.now()),
            state="ended",
            outcome=outcome,
            customer_id=customer_id,
            started_at=at,
            ended_at=at,
            **columns,
        )
        session.add(row)
        return row.id

    return str(do(app, verb))


def add_note(
    app: RunningApp, customer_id: str, body: str, call: str | None = None, *, pinned: bool = False
) -> None:
    """Adds a note by Omar."""
    now = app.services.clock.now()
    row = Note(
        id=new_id("note", CLOCK.now()),
        call_id=call,
        customer_id=customer_id,
        author="Omar Vance",
        body=body,
        search_text=body,
        created_at=now,
        pinned_at=now if pinned else None,
        pinned_by="Omar Vance" if pinned else None,
    )
    do(app, lambda session: session.add(row))


def test_the_last_five_contacts_have_a_line_each(app: RunningApp, ana: PageClient) -> None:
    mina = add_customer(app, "Mina Halloran", "+12025550134")
    answered = add_past_call(app, mina, 1, talk_seconds=317, agent_id=ana.id)
    add_note(app, mina, "Asked to move her pick-up\nto Friday", answered)
    add_past_call(app, mina, 2, "voicemail", queue="support")
    add_past_call(app, mina, 3, "abandoned", wait_seconds=110, queue="sales")
    add_past_call(app, mina, 4, "no_answer", direction="outbound", agent_id=ana.id)
    now = app.services.clock.now()
    message = Message(
        id="msg_1",
        direction="outbound",
        from_raw="",
        to_raw="",
        body="Your order is ready.",
        status="delivered",
        customer_id=mina,
        created_at=now - timedelta(days=5),
        received_at=now,
    )
    do(app, lambda session: session.add(message))
    add_past_call(app, mina, 6, "callback")
    text = page_text(ana.get_part(f"/desk/card/{IncomingCall(app).through_menus().id}"))
    for line in (
        "Sun 4 Jan Asked to move her pick-up Ana Lane 5:17",
        "Sat 3 Jan Left a message Support –",
        "Fri 2 Jan Gave up after 1:50 of waiting Sales Lost",
        "Thu 1 Jan We called them: no answer Ana Lane –",
        "“Your order is ready.” from us Delivered",
    ):
        assert line in text
    assert "All 6" in text
    assert "to Friday" not in text
    assert "Asked to be rung back" not in text


def test_pinned_notes_and_open_promises_come_first(app: RunningApp, ana: PageClient) -> None:
    mina = add_customer(app, "Mina Halloran", "+12025550134")
    add_note(app, mina, "Hard of hearing: speak slowly", pinned=True)
    add_note(app, mina, "not pinned")
    now = app.services.clock.now()
    promise = Promise(
        id="prm_1",
        kind="promised",
        customer_id=mina,
        owner_id=ana.id,
        what="The duvet cover",
        due_at=now - timedelta(minutes=9),
        created_at=now - timedelta(days=1),
    )
    do(app, lambda session: session.add(promise))
    call = IncomingCall(app).through_menus()
    text = page_text(ana.get_part(f"/desk/card/{call.id}"))
    assert "Hard of hearing: speak slowly Omar Vance · Mon 5 Jan" in text
    assert "not pinned" not in text
    assert "The duvet cover 9 min late Ana Lane" in text
    assert text.index("Hard of hearing") < text.index("The duvet") < text.index("Last contacts")
    assert "We are late: The duvet cover" in page_text(ana.get_part("/desk/call-panel"))


def test_a_long_history_takes_no_more_statements_than_a_short_one(app: RunningApp, ana: PageClient) -> None:
    mina = add_customer(app, "Mina Halloran", "+12025550134")
    call = IncomingCall(app).through_menus().id
    with statements(app) as before:
        ana.get_part(f"/desk/card/{call}")
    for days in range(1, 40):
        add_past_call(app, mina, days, talk_seconds=40, agent_id=ana.id)
    with statements(app) as after:
        ana.get_part(f"/desk/card/{call}")
        ana.get_part(f"/desk/card/{call}")
    assert len(after) <= 2 * (len(before) + 2)
    assert "Usually speaks with you" in page_text(ana.get_part("/desk/call-panel"))


def test_passing_on_ends_the_agents_own_leg_alone(
    app: RunningApp, ana: PageClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    hung_up: list[str] = []

    async def hang_up(sid: str) -> bool:
        hung_up.append(sid)
        return len(hung_up) == 1

    monkeypatch.setattr(app.services.rest_client, "hang_up", hang_up)
    ben = sign_in(app, "Ben Ode", number="+12025550102")
    call = IncomingCall(app).through_menus()
    assert ana.post(f"/desk/calls/{call.id}/pass").status_code == 409  # nothing rings yet
    call.ring()
    assert ben.post(f"/desk/calls/{call.id}/pass").status_code == 409
    assert hung_up == []
    assert ana.post(f"/desk/calls/{call.id}/pass").status_code == 204
    assert hung_up == [app.get(f"/calls/{call.sid}")["legs"][0]["carrier_sid"]]
    assert ana.post(f"/desk/calls/{call.id}/hang-up").status_code == 409


def test_an_unreachable_carrier_is_reported(
    app: RunningApp, ana: PageClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(sid: str) -> bool:
        raise CarrierDown("The carrier can't be reached.")

    monkeypatch.setattr(app.services.rest_client, "hang_up", fail)
    call = IncomingCall(app).through_menus()
    call.ring()
    response = ana.post(f"/desk/calls/{call.id}/hang-up", None, **HTMX)
    assert response.status_code == 503
    assert "The carrier can" in response.json()["message"]
