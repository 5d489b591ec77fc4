"""One call with its whole story: who called, who was rung, who is told, and what is owed."""

from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlmodel import col, select

from callcrm.calls import consent
from callcrm.crm.seams import Seams
from callcrm.models import LiveEvent
from tests.posts import completed, inbound
from tests.running_app import RunningApp, count_events, open_app, settings_for

MENU = "/webhooks/twilio/at/node/main/main?language=en&step=2"
STATUS = "/webhooks/twilio/status"
SENTINELS = ["+266696687", "+7378742833", "+2562533", "+8656696", "+86282452253"]
WORDS = ["", "anonymous", "Anonymous", "Restricted", "unknown", "client:ana", "sip:a@b.example", "12345"]


def _customer(app: RunningApp, name: str, *phones: str) -> str:
    made = app.send("POST", "/customers", {"name": name, "phones": list(phones)})
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def _ended(app: RunningApp, sid: str, caller: str = "+12025550134") -> dict[str, Any]:
    app.rings(sid, caller)
    assert app.post(STATUS, completed(sid) | {"From": caller, "Caller": caller}).status_code == 204
    call: dict[str, Any] = app.get(f"/calls/{sid}")
    return call


def test_a_known_caller_is_known_at_once(app: RunningApp) -> None:
    mina = _customer(app, "Mina Halloran", "+1 202 555 0134")
    app.rings("CA1")
    assert app.get("/calls/CA1")["customer"] == {"id": mina, "name": "Mina Halloran"}


def test_a_shared_number_attaches_to_nobody_until_somebody_chooses(app: RunningApp) -> None:
    ids = [_customer(app, f"Halloran {number}", "+12025550134") for number in range(5)]
    call = _ended(app, "CA1")
    assert call["customer"] is None
    assert {candidate["id"] for candidate in call["candidates"]} == set(ids)
    assert all(not app.get(f"/customers/{customer}/history")["items"] for customer in ids)
    chosen = app.send("PATCH", f"/calls/{call['id']}", {"customer": ids[3]}).json()
    assert (chosen["customer"]["id"], chosen["candidates"]) == (ids[3], [])
    kinds = [item["kind"] for item in app.get(f"/customers/{ids[3]}/history")["items"]]
    assert sorted(kinds) == ["call", "promise"]
    app.send("PATCH", f"/calls/{call['id']}", {"customer": ids[0]})
    assert not app.get(f"/customers/{ids[3]}/history")["items"]
    assert len(app.get(f"/customers/{ids[0]}/history")["items"]) == 2


def test_withheld_callers_are_nobody_and_never_one(app: RunningApp) -> None:
    _customer(app, "Somebody", "+12025550134")
    for number, caller in enumerate([*WORDS, *SENTINELS]):
        call = _ended(app, f"CA{number}", caller)
        assert (call["from"], call["customer"], call["candidates"]) == (None, None, []), caller
        assert call["promise"] is None, caller
    assert len(app.get("/customers")["items"]) == 1


def test_a_customer_made_later_gets_the_earlier_calls(app: RunningApp) -> None:
    _ended(app, "CA1")
    mina = _customer(app, "Mina Halloran", "(202) 555-0134")
    assert app.get("/calls/CA1")["customer"]["id"] == mina
    assert [item["kind"] for item in app.get(f"/customers/{mina}/history")["items"]].count("call") == 1


def test_our_own_numbers_are_no_customers(app: RunningApp) -> None:
    _customer(app, "Ourselves", "+12025550100")
    assert _ended(app, "CA1", "+12025550100")["customer"] is None


def test_a_missed_call_is_a_promise_with_a_due_time(app: RunningApp) -> None:
    promise = _ended(app, "CA1")["promise"]
    assert (promise["kind"], promise["state"], promise["phone"]) == ("missed", "open", "+12025550134")
    assert promise["due_at"] > promise["created_at"]
    assert [item["id"] for item in app.get("/promises", state="open")["items"]] == [promise["id"]]


def test_only_the_agent_who_is_rung_is_offered_the_call(app: RunningApp) -> None:
    ana, omar = app.hire("Ana", "+12025550101"), app.hire("Omar", "+12025550102", available=False)
    ring = app.twiml(MENU, inbound("CA1") | {"Digits": "1"})
    assert ring.rung() == ["+12025550101"]
    assert [pop["agent"]["id"] for pop in app.get("/calls/CA1")["pops"]] == [ana]
    assert (app.agent(ana).state, app.agent(omar).state) == ("ringing", "offline")


def test_a_repeated_key_press_rings_nobody_twice(app: RunningApp) -> None:
    app.hire("Ana", "+12025550101")
    app.hire("Omar", "+12025550102")
    path, fields = MENU, inbound("CA1") | {"Digits": "1"}
    answers = {app.post(path, fields).text for _ in range(4)}
    assert len(answers) == 1
    assert len(app.get("/calls/CA1")["pops"]) == 1
    assert sorted(app.agent(agent).state for agent in app.agents.values()) == ["available", "ringing"]


def test_recording_is_told_of_before_it_starts(app: RunningApp) -> None:
    app.hire("Ana", "+12025550101")
    ring = app.twiml(MENU, inbound("CA1") | {"Digits": "1"})
    assert ring.verbs.index("Say") < ring.verbs.index("Dial")
    assert ring.find("Dial").get("record") == "record-from-answer-dual"
    call = app.get("/calls/CA1")["id"]
    notice = app.services.store.read_now(lambda session: consent.consent_of(session, call))
    assert (notice and notice.prompt, notice and notice.language) == ("recording-notice", "en")


def test_who_is_not_told_is_not_recorded(app: RunningApp) -> None:
    answer = app.twiml(MENU, inbound("CA1") | {"Digits": "0"})
    assert answer.find("Dial").get("record") is None
    call = app.get("/calls/CA1")["id"]
    assert app.services.store.read_now(lambda session: consent.consent_of(session, call)) is None


def test_a_webhook_keeps_to_its_budget_of_statements(database_url: str, tmp_path: Path) -> None:
    # What nouns do after a call is no part of it, but for the job that is enqueued.
    with open_app(settings_for(database_url, tmp_path), background=False, seams=Seams(())) as app:
        _keeps_to_its_budget(app)


def _keeps_to_its_budget(app: RunningApp) -> None:
    _customer(app, "Mina Halloran", "+12025550134")
    app.hire("Ana", "+12025550101")
    seen: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(app.services.store.engine, "before_cursor_execute", note)
    try:
        for path, fields, most in (
            ("/webhooks/twilio/voice", inbound("CA1"), 4),
            (MENU, inbound("CA1") | {"Digits": "1"}, 22),
            (STATUS, completed("CA1"), 20),
            (STATUS, completed("CA1"), 3),
        ):
            seen.clear()
            assert app.post(path, fields).status_code in (200, 204)
            ours = [
                statement
                for statement in seen
                if not any(word in statement for word in ("periodic", " job", "recording.storage_name"))
            ]
            assert len(ours) <= most, (path, len(ours), ours)
    finally:
        event.remove(app.services.store.engine, "before_cursor_execute", note)
    assert app.services.store.read_now(count_events) >= 3


def _announced(app: RunningApp, kind: str) -> list[str]:
    rows = select(LiveEvent.subject).where(LiveEvent.kind == kind).order_by(col(LiveEvent.id))
    return list(app.services.store.read_now(lambda session: session.exec(rows).all()))


def test_supervisors_hear_when_somebody_enters_and_leaves_a_queue(app: RunningApp) -> None:
    ana = app.hire("Ana", "+12025550101")
    app.rings("CA1")
    app.twiml(MENU, inbound("CA1") | {"Digits": "1"})
    assert _announced(app, "queue.updated") == []
    app.rings("CA2")
    waiting = app.twiml(MENU, inbound("CA2") | {"Digits": "1"})
    assert "Enqueue" in waiting.verbs
    assert _announced(app, "queue.updated") == ["sales"]
    assert {queue["name"]: queue["waiting"] for queue in app.get("/queues")["items"]}["sales"] == 1
    app.post(STATUS, completed("CA2"))
    assert _announced(app, "queue.updated") == ["sales", "sales"]
    assert app.agent(ana).state == "ringing"
