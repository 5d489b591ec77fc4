"""The card beside a call: what to know before speaking, and the last contacts."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session

from callcrm.base.ids import new_id
from callcrm.carrier.errors import CarrierDown
from callcrm.models import Call, Message, Note, Promise
from tests.clocks import CLOCK
from tests.running_app import RunningApp
from tests.web.desk.test_call_panel import PHONE, customer
from tests.web.support.incoming_call import HTMX, IncomingCall
from tests.web.support.page_client import PageClient, do, page_text, sign_in, statements


@pytest.fixture
def ana(app: RunningApp) -> PageClient:
    """An agent, free."""
    return sign_in(app, "Ana Lane", number=PHONE, available=True)


def past(app: RunningApp, who: str, days: int, outcome: str = "answered", **more: Any) -> str:
    """A call of this customer so many days ago; its id."""
    at = app.services.clock.now() - timedelta(days=days)

    def verb(session: Session) -> str:
        given: dict[str, Any] = {"direction": "inbound", "phone": "+12025550134", "talk_seconds": 0, **more}
        made = Call(
            id=new_id("call", CLOCK.now()),
            carrier_sid=new_id("CA", CLOCK.now()),
            state="ended",
            outcome=outcome,
            customer_id=who,
            started_at=at,
            ended_at=at,
            **given,
        )
        session.add(made)
        return made.id

    return str(do(app, verb))


def note(app: RunningApp, who: str, body: str, call: str | None = None, *, pinned: bool = False) -> None:
    """A note of Omar's."""
    now = app.services.clock.now()
    made = Note(
        id=new_id("note", CLOCK.now()),
        call_id=call,
        customer_id=who,
        author="Omar Vance",
        body=body,
        search_text=body,
        created_at=now,
        pinned_at=now if pinned else None,
        pinned_by="Omar Vance" if pinned else None,
    )
    do(app, lambda session: session.add(made))


def test_the_last_five_contacts_are_told_in_a_line_each(app: RunningApp, ana: PageClient) -> None:
    mina = customer(app, "Mina Halloran", "+12025550134")
    spoken = past(app, mina, 1, talk_seconds=317, agent_id=ana.id)
    note(app, mina, "Asked to move her pick-up\nto Friday", spoken)
    past(app, mina, 2, "voicemail", queue="support")
    past(app, mina, 3, "abandoned", wait_seconds=110, queue="sales")
    past(app, mina, 4, "no_answer", direction="outbound", agent_id=ana.id)
    now = app.services.clock.now()
    text = Message(
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
    do(app, lambda session: session.add(text))
    past(app, mina, 6, "callback")
    said = page_text(ana.part(f"/desk/card/{IncomingCall(app).comes().id}"))
    for line in (
        "Sun 4 Jan Asked to move her pick-up Ana Lane 5:17",
        "Sat 3 Jan Left a message Support –",
        "Fri 2 Jan Gave up after 1:50 of waiting Sales Lost",
        "Thu 1 Jan We called them: no answer Ana Lane –",
        "“Your order is ready.” from us Delivered",
    ):
        assert line in said
    assert "All 6" in said
    assert "to Friday" not in said
    assert "Asked to be rung back" not in said


def test_what_is_pinned_and_owed_comes_first(app: RunningApp, ana: PageClient) -> None:
    mina = customer(app, "Mina Halloran", "+12025550134")
    note(app, mina, "Hard of hearing: speak slowly", pinned=True)
    note(app, mina, "not pinned")
    now = app.services.clock.now()
    owed = Promise(
        id="prm_1",
        kind="promised",
        customer_id=mina,
        owner_id=ana.id,
        what="The duvet cover",
        due_at=now - timedelta(minutes=9),
        created_at=now - timedelta(days=1),
    )
    do(app, lambda session: session.add(owed))
    call = IncomingCall(app).comes()
    said = page_text(ana.part(f"/desk/card/{call.id}"))
    assert "Hard of hearing: speak slowly Omar Vance · Mon 5 Jan" in said
    assert "not pinned" not in said
    assert "The duvet cover 9 min late Ana Lane" in said
    assert said.index("Hard of hearing") < said.index("The duvet") < said.index("Last contacts")
    assert "We are late: The duvet cover" in page_text(ana.part("/desk/call-panel"))


def test_a_long_history_costs_no_more_than_a_short_one(app: RunningApp, ana: PageClient) -> None:
    mina = customer(app, "Mina Halloran", "+12025550134")
    call = IncomingCall(app).comes().id
    with statements(app) as few:
        ana.part(f"/desk/card/{call}")
    for days in range(1, 40):
        past(app, mina, days, talk_seconds=40, agent_id=ana.id)
    with statements(app) as many:
        ana.part(f"/desk/card/{call}")
        ana.part(f"/desk/card/{call}")
    assert len(many) <= 2 * (len(few) + 2)
    assert "Usually speaks with you" in page_text(ana.part("/desk/call-panel"))


def test_passing_on_asks_the_carrier_to_end_my_leg_alone(
    app: RunningApp, ana: PageClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    async def hang_up(sid: str) -> bool:
        asked.append(sid)
        return len(asked) == 1

    monkeypatch.setattr(app.services.rest_client, "hang_up", hang_up)
    ben = sign_in(app, "Ben Ode", number="+12025550102")
    call = IncomingCall(app).comes()
    assert ana.post(f"/desk/calls/{call.id}/pass").status_code == 409  # nothing rings yet
    call.rings()
    assert ben.post(f"/desk/calls/{call.id}/pass").status_code == 409
    assert asked == []
    assert ana.post(f"/desk/calls/{call.id}/pass").status_code == 204
    assert asked == [app.get(f"/calls/{call.sid}")["legs"][0]["carrier_sid"]]
    assert ana.post(f"/desk/calls/{call.id}/hang-up").status_code == 409


def test_a_carrier_that_is_away_is_said(
    app: RunningApp, ana: PageClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(sid: str) -> bool:
        raise CarrierDown("The carrier can't be reached.")

    monkeypatch.setattr(app.services.rest_client, "hang_up", away)
    call = IncomingCall(app).comes()
    call.rings()
    answer = ana.post(f"/desk/calls/{call.id}/hang-up", None, **HTMX)
    assert answer.status_code == 503
    assert "The carrier can" in answer.json()["message"]
