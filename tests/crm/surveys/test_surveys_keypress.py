"""The question by a key after a conversation: asked once, answered, and a human at 0."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import cast

import pytest
from sqlmodel import select

from callcrm.agents import tokens
from callcrm.business import modules
from callcrm.calls.rebuild import rebuild
from callcrm.models import Promise, PromiseKind, User
from callcrm.models.crm.survey import SurveyResponse
from callcrm.store.store import StoreDown
from tests.clocks import SetClock
from tests.running_app import Document, RunningApp, open_app, settings_for
from tests.web.support.incoming_call import IncomingCall
from tests.web.support.page_client import PageClient, do, sign_in

PHONE = "+12025550134"


@pytest.fixture
def app(database_url: str, tmp_path: Path, clock: SetClock) -> Iterator[RunningApp]:
    with open_app(settings_for(database_url, tmp_path / "data"), clock) as app:
        app.hire("Ana", "+12025550101")
        yield app


@pytest.fixture
def grace(app: RunningApp) -> PageClient:
    """Grace, who supervises."""
    return sign_in(app, "Grace", "supervisor")


def spoken(
    app: RunningApp, clock: SetClock, seconds: int = 60, caller: str = PHONE
) -> tuple[IncomingCall, Document]:
    """A call whose agent has hung up after so many seconds, and what the caller hears then."""
    call = IncomingCall(app, caller).through_menus()
    call.ring()
    call.pick_up()
    clock.advance(seconds)
    return call, call.agent_hangs_up(seconds)


def pressed(call: IncomingCall, question: Document, keys: str) -> Document:
    return call.twiml(question.path("Gather"), Digits=keys)


def wrong(call: IncomingCall, question: Document) -> Document:
    return pressed(call, question, "9")


def silent(call: IncomingCall, question: Document) -> Document:
    return call.twiml(question.path("Redirect"))


def asks(document: Document) -> bool:
    return "Gather" in document.verbs and "how content" in document.text


def bearer_of(app: RunningApp, user_id: str) -> str:
    """A token of the agent."""
    email = do(app, lambda session: session.get_one(User, user_id).email)
    add = partial(tokens.add_token, name="own", role="agent", user_email=email, now=app.services.clock.now())
    return str(do(app, lambda session: add(session)))


def rows(app: RunningApp) -> list[SurveyResponse]:
    return cast("list[SurveyResponse]", do(app, lambda session: list(session.exec(select(SurveyResponse)))))


def promises(app: RunningApp) -> list[Promise]:
    app.get("/calls")  # whoever reads waits for the jobs of calls that have ended
    return cast("list[Promise]", do(app, lambda session: list(session.exec(select(Promise)))))


def test_a_mark_is_asked_for_once_and_kept(app: RunningApp, clock: SetClock) -> None:
    call, question = spoken(app, clock)
    assert asks(question)
    thanks = pressed(call, question, "4")
    assert "Thank you for your answer" in thanks.text
    assert thanks.verbs[-1] == "Hangup"
    call.hang_up(70)
    (response,) = app.get("/surveys/responses")["items"]
    assert (response["score"], response["kind"], response["channel"]) == (4, "csat", "keypress")
    assert (response["call"], response["agent"]["name"]) == (call.id, "Ana")
    assert app.get(f"/surveys/responses/{response['id']}") == response
    results = app.get("/surveys/results", by="agent")
    assert (results["asked"], results["answered"], results["rate"], results["score"]) == (1, 1, 1.0, 4.0)
    assert results["groups"][0]["label"] == "Ana"
    clock.advance(3600)
    assert not asks(spoken(app, clock)[1])
    clock.advance(timedelta(days=30).total_seconds())
    assert asks(spoken(app, clock)[1])


def test_silence_and_wrong_keys_end_the_call_politely(app: RunningApp, clock: SetClock) -> None:
    for caller, answer in (("+12025550141", silent), ("+12025550142", wrong)):
        call, question = spoken(app, clock, caller=caller)
        goodbye = answer(call, question)
        assert "Goodbye" in goodbye.text
        assert goodbye.verbs[-1] == "Hangup"
        call.hang_up()
    assert app.get("/surveys/responses")["items"] == []
    results = app.get("/surveys/results")
    assert (results["asked"], results["answered"], results["rate"], results["score"]) == (2, 0, 0.0, None)


def test_0_reaches_a_human_who_is_not_followed_by_the_question_again(
    app: RunningApp, clock: SetClock
) -> None:
    call, question = spoken(app, clock)
    operator = pressed(call, question, "0")
    assert "Dial" in operator.verbs
    assert "Number" in operator.text
    clock.advance(60)
    call.legs_rung += 1
    call.pick_up()
    assert not asks(call.agent_hangs_up(60))
    call.hang_up()
    assert app.get("/surveys/responses")["items"] == []
    assert promises(app) == []


@pytest.mark.parametrize("leaves_message", [True, False])
def test_who_presses_0_there_and_reaches_nobody_is_owed_a_call(
    app: RunningApp, clock: SetClock, leaves_message: bool
) -> None:
    call, question = spoken(app, clock)
    pressed(call, question, "0")
    recorder = call.dial_ended(DialCallStatus="no-answer", DialBridged="false", DialCallSid="CAoperator")
    if leaves_message:
        message = {"RecordingSid": "RE1", "RecordingUrl": "https://x", "RecordingDuration": "9"}
        assert "Record" in recorder.verbs
        call.twiml(recorder.path("Record"), Digits="hangup", CallStatus="completed", **message)
    call.hang_up(100)
    (promise,) = promises(app)
    assert promise.kind == (PromiseKind.VOICEMAIL if leaves_message else PromiseKind.MISSED)
    assert promise.call_id == call.id
    assert app.get(f"/calls/{call.sid}")["outcome"] == "answered"


def test_who_is_not_asked(app: RunningApp, clock: SetClock) -> None:
    assert not asks(spoken(app, clock, seconds=19)[1])
    assert not asks(spoken(app, clock, caller="anonymous")[1])
    assert asks(spoken(app, clock, caller="+12025550143")[1])
    assert len(rows(app)) == 1
    hung_up = IncomingCall(app, "+12025550144").through_menus()
    hung_up.ring()
    hung_up.pick_up()
    clock.advance(60)
    assert not asks(hung_up.agent_hangs_up(60, CallStatus="completed"))
    assert len(rows(app)) == 1


@pytest.mark.parametrize("setting", [{"active": False}, {"channel": "sms"}, {"channel": "link"}])
def test_nobody_is_asked_by_a_key_where_it_is_not_wanted(
    app: RunningApp, clock: SetClock, setting: dict[str, object]
) -> None:
    assert app.send("PUT", "/surveys/settings", setting).status_code == 200
    assert not asks(spoken(app, clock)[1])


def test_where_the_module_is_off_nobody_is_asked(app: RunningApp, clock: SetClock) -> None:
    do(app, lambda session: modules.switch_off(session, ["surveys"], by=None, now=clock.now()))
    assert not asks(spoken(app, clock)[1])
    assert app.send("GET", "/surveys/results").status_code == 404


def test_where_the_store_is_down_the_call_ends_without_the_question(
    app: RunningApp, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = IncomingCall(app, PHONE).through_menus()
    call.ring()
    call.pick_up()
    clock.advance(60)
    call.end_leg(60)

    async def down(*_: object, **__: object) -> None:
        raise StoreDown("gone")

    monkeypatch.setattr(app.services.store, "write", down)
    goodbye = call.dial_ended(DialCallStatus="completed", DialCallDuration="60")
    assert goodbye.verbs[-1] == "Hangup"
    assert not asks(goodbye)


def test_0_reaches_a_human_and_a_mark_is_kept_while_the_store_is_down(
    app: RunningApp, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    call, question = spoken(app, clock)

    async def down(*_: object, **__: object) -> None:
        raise StoreDown("gone")

    with monkeypatch.context() as patch:
        patch.setattr(app.services.store, "write", down)
        assert "Dial" in pressed(call, question, "0").verbs
        assert "Thank you for your answer" in pressed(call, question, "5").text


def test_a_low_mark_is_promised_a_call_once(app: RunningApp, clock: SetClock, grace: PageClient) -> None:
    call, question = spoken(app, clock)
    pressed(call, question, "2")
    call.hang_up(70)
    (promise,) = promises(app)
    assert (promise.kind, promise.about_kind, promise.phone) == (PromiseKind.PROMISED, "survey", PHONE)
    assert promise.about_id == rows(app)[0].id
    assert promise.owner_id == grace.id
    assert promise.due_at > clock.now()
    rebuild_all = partial(rebuild, runtime=app.services.runtime, root_sid=call.sid, now=clock.now())
    do(app, lambda session: rebuild_all(session))
    assert [row.id for row in promises(app)] == [promise.id]


def test_agents_see_their_own_alone(app: RunningApp, clock: SetClock) -> None:
    call, question = spoken(app, clock)
    pressed(call, question, "4")
    call.hang_up(70)
    (response,) = app.get("/surveys/responses")["items"]
    ana = app.agents["Ana"]
    own = bearer_of(app, ana)
    other = bearer_of(app, app.hire("Omar", "+12025550102"))
    for bearer, count, status in ((own, 1, 200), (other, 0, 404)):
        headers = {"Authorization": f"Bearer {bearer}"}
        listed = app.client.get("/api/v1/surveys/responses", headers=headers).json()["items"]
        assert len(listed) == count
        one = app.client.get(f"/api/v1/surveys/responses/{response['id']}", headers=headers)
        assert one.status_code == status
        asked = app.client.get("/api/v1/surveys/results", params={"by": "agent"}, headers=headers).json()
        assert (asked["asked"], len(asked["groups"])) == (count, count)


def test_the_setting_out_of_the_box_and_changed(app: RunningApp) -> None:
    fresh = {"kind": "csat", "channel": "keypress", "active": True, "every_days": 30}
    response = app.send("GET", "/surveys/settings")
    assert response.json() == fresh
    changed = app.send(
        "PUT", "/surveys/settings", fresh | {"every_days": 7}, **{"If-Match": response.headers["etag"]}
    )
    assert changed.json() == fresh | {"every_days": 7}
    stale = app.send("PUT", "/surveys/settings", fresh, **{"If-Match": response.headers["etag"]})
    assert stale.status_code == 412
    assert app.send("PUT", "/surveys/settings", {"kind": "nps"}).status_code == 422
    assert app.send("PUT", "/surveys/settings", {"kind": "nps", "channel": "sms"}).status_code == 200
    for wrong in ({"every_days": 0}, {"kind": "smiles"}, {"channel": "fax"}):
        assert app.send("PUT", "/surveys/settings", wrong).status_code == 422
