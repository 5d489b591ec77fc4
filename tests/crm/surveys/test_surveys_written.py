"""Asked by SMS or link: sent after the call, answered by a reply or on the page, never unwanted."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from sqlmodel import select

from callcrm.crm import erasure, export, merge
from callcrm.crm.seams import SEAMS
from callcrm.crm.surveys import stories
from callcrm.crm.surveys.reports import digests
from callcrm.models import Message, Promise
from callcrm.models.crm.survey import SurveyResponse
from callcrm.reports.measures import figure
from tests.clocks import SetClock
from tests.running_app import RunningApp, open_app, settings_for
from tests.web.support.incoming_call import IncomingCall
from tests.web.support.page_client import PageClient, do, page_text, sign_in

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


def set_up(app: RunningApp, channel: str, kind: str = "csat") -> None:
    assert app.send("PUT", "/surveys/settings", {"channel": channel, "kind": kind}).status_code == 200


def talked(app: RunningApp, clock: SetClock, seconds: int = 60, caller: str = PHONE) -> IncomingCall:
    """A call that has ended after a conversation of so many seconds."""
    call = IncomingCall(app, caller).through_menus()
    call.ring()
    call.pick_up()
    clock.advance(seconds)
    call.agent_hangs_up(seconds)
    call.hang_up(seconds + 10)
    app.get("/calls")  # whoever reads waits for the jobs of calls that have ended
    return call


def sent(app: RunningApp) -> list[Message]:
    out = select(Message).where(Message.direction == "outbound")
    return cast("list[Message]", do(app, lambda session: list(session.exec(out))))


def rows(app: RunningApp) -> list[SurveyResponse]:
    return cast("list[SurveyResponse]", do(app, lambda session: list(session.exec(select(SurveyResponse)))))


def replies(app: RunningApp, body: str, sid: str = "SM1", caller: str = PHONE) -> None:
    fields = {"MessageSid": sid, "From": caller, "To": "+12025550100", "Body": body, "NumMedia": "0"}
    fields |= {"AccountSid": "AC1", "SmsStatus": "received"}
    assert app.post("/webhooks/twilio/message", fields).status_code == 204
    app.get("/calls")


def path_of(app: RunningApp) -> str:
    return f"/survey/{rows(app)[0].token}"


@pytest.mark.parametrize(("reply", "score"), [("4", 4), (" ۵ ", 5), ("2.", 2)])
def test_a_number_sent_back_is_the_answer(
    app: RunningApp, clock: SetClock, grace: PageClient, reply: str, score: int
) -> None:
    set_up(app, "sms")
    call = talked(app, clock)
    (message,) = sent(app)
    assert message.to_raw == PHONE
    assert "Reply with a number from 1" in message.body
    clock.advance(600)
    replies(app, reply)
    (response,) = app.get("/surveys/responses")["items"]
    assert (response["score"], response["channel"], response["call"]) == (score, "sms", call.id)
    replies(app, "1", "SM2")
    assert [row.score for row in rows(app)] == [score]
    promises = do(
        app, lambda session: list(session.exec(select(Promise).where(Promise.about_kind == "survey")))
    )
    assert len(promises) == (1 if score <= 2 else 0)


@pytest.mark.parametrize(
    ("reply", "later"), [("4 stars", 60), ("9", 60), ("0", 60), ("4", 4 * 24 * 3600), ("thank you", 60)]
)
def test_nothing_else_is_taken_for_one(app: RunningApp, clock: SetClock, reply: str, later: float) -> None:
    set_up(app, "sms")
    talked(app, clock)
    clock.advance(later)
    replies(app, reply)
    assert [row.answered_at for row in rows(app)] == [None]


def test_who_wants_no_messages_gets_none(app: RunningApp, clock: SetClock) -> None:
    set_up(app, "sms")
    replies(app, " Stop.")
    clock.advance(60)
    talked(app, clock)
    assert sent(app) == []
    assert rows(app) == []
    replies(app, "شروع", "SM2")
    clock.advance(60)
    talked(app, clock)
    assert len(sent(app)) == 1


def test_short_talks_and_frequent_callers_are_spared(app: RunningApp, clock: SetClock) -> None:
    set_up(app, "link")
    talked(app, clock, seconds=10)
    assert sent(app) == []
    talked(app, clock)
    clock.advance(7200)
    talked(app, clock)
    assert len(sent(app)) == 1


def test_the_page_behind_the_link(app: RunningApp, clock: SetClock, grace: PageClient) -> None:
    set_up(app, "link", "nps")
    call = talked(app, clock)
    path = path_of(app)
    assert path in sent(app)[0].body
    page = app.client.get(path)
    assert page.status_code == 200
    assert "set-cookie" not in page.headers
    assert 'lang="en"' in page.text
    assert 'dir="rtl"' in app.client.get(f"{path}?lang=fa").text
    assert "recommend us" in page_text(page.text)
    assert app.client.post(path, data={"comment": "x"}).status_code == 422
    assert app.client.post(path, data={"score": "11"}).status_code == 422
    elsewhere = app.client.post(path, data={"score": "9"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert elsewhere.status_code == 403
    fields = {"score": "10", "comment": "Wonderful <b>", "share": "on"}
    thanks = app.client.post(path, data=fields)
    assert "Thank you. Your answer has reached us." in page_text(thanks.text)
    assert "set-cookie" not in thanks.headers
    app.client.post(path, data={"score": "0", "comment": "again"})
    (response,) = app.get("/surveys/responses")["items"]
    assert (response["score"], response["comment"]) == (10, "Wonderful <b>")
    assert app.get("/surveys/results")["score"] == 100.0
    shown = page_text(grace.get_page(f"/calls/{call.sid}"))
    assert "10 of 10" in shown
    assert "Wonderful &lt;b&gt;" in grace.get_page(f"/calls/{call.sid}")
    for wrong in ("nothing", "%00", "%F0%9F%98%80", "x" * 5000):
        assert app.client.get(f"/survey/{wrong}").status_code == 404
    clock.advance(15 * 24 * 3600)
    assert app.client.get(path).status_code == 404


def test_a_mark_by_sms_leaves_room_for_a_comment(app: RunningApp, clock: SetClock) -> None:
    set_up(app, "sms")
    talked(app, clock)
    replies(app, "5")
    path = path_of(app)
    app.client.post(path, data={"score": "1", "comment": "So kind."})
    (row,) = rows(app)
    assert (row.score, row.comment) == (5, "So kind.")


def test_the_page_takes_so_many_attempts_from_one_network(app: RunningApp, clock: SetClock) -> None:
    set_up(app, "link")
    talked(app, clock)
    statuses = [app.client.post(path_of(app), data={"score": "x"}).status_code for _ in range(31)]
    assert statuses == [422] * 30 + [429]
    clock.advance(900)
    assert app.client.post(path_of(app), data={"score": "5"}).status_code == 200


def test_an_agent_passes_the_link_on(app: RunningApp, clock: SetClock) -> None:
    set_up(app, "link")
    ana = sign_in(app, "Mia", "agent")
    call = talked(app, clock, caller="anonymous")
    assert rows(app) == []
    assert "Make the link" in page_text(ana.get_part(f"/surveys/link?call={call.id}"))
    first = ana.post("/surveys/link", {"call": call.id}, **{"HX-Request": "true"}).text
    assert path_of(app) in first
    assert ana.post("/surveys/link", {"call": call.id}, **{"HX-Request": "true"}).text == first
    set_up(app, "keypress")
    other = talked(app, clock, caller="+12025550177")
    assert "Callers are not asked by a link now." in page_text(ana.get_part(f"/surveys/link?call={other.id}"))


def test_stories_need_a_happy_comment_and_permission(
    app: RunningApp, clock: SetClock, grace: PageClient
) -> None:
    set_up(app, "link")
    for phone, fields in (
        ("+12025550141", {"score": "5", "comment": "Tell everybody", "share": "on"}),
        ("+12025550142", {"score": "5", "comment": "Keep it quiet"}),
        ("+12025550143", {"score": "1", "comment": "Tell them all", "share": "on"}),
    ):
        talked(app, clock, caller=phone)
        token = next(row.token for row in rows(app) if row.phone == phone)
        app.client.post(f"/survey/{token}", data=fields)
    ids = {row.comment: row.id for row in rows(app)}
    for comment, status in (("Tell everybody", 303), ("Keep it quiet", 409), ("Tell them all", 409)):
        assert grace.post(f"/surveys/responses/{ids[comment]}/story", {"story": "on"}).status_code == status
    text = page_text(grace.get_page("/surveys/stories"))
    assert "Tell everybody" in text
    assert "Keep it quiet" not in text
    assert grace.post(f"/surveys/responses/{ids['Tell everybody']}/story", {"story": ""}).status_code == 303
    assert do(app, lambda session: len(stories.page(session, 9))) == 0


def test_a_week_has_its_digest_once_for_each_it_concerns(app: RunningApp, clock: SetClock) -> None:
    clock.set("2026-01-07 10:00")
    set_up(app, "link")
    talked(app, clock)
    app.client.post(path_of(app), data={"score": "4", "comment": "Good"})
    runtime, now = app.services.runtime, clock.set("2026-01-12 00:05")
    grace, ana = sign_in(app, "Grace", "supervisor"), sign_in(app, "Zoe", "agent")
    assert do(app, lambda session: digests.make_due(session, runtime, now)) >= 2
    assert do(app, lambda session: digests.make_due(session, runtime, now)) == 0
    assert page_text(grace.get_part("/surveys/weeks/unseen")) == "1 new"
    assert page_text(ana.get_part("/surveys/weeks/unseen")) == ""  # nobody was asked after calls of hers
    (digest,) = do(app, lambda session: list(digests.page(session, grace.id)))
    assert digest.week == "2026-W02"
    text = page_text(grace.get_page(f"/surveys/weeks/{digest.id}"))
    assert "4.0 on average, of 5" in text
    assert "Good" in text
    assert ana.get(f"/surveys/weeks/{digest.id}").status_code == 404
    assert grace.post(f"/surveys/weeks/{digest.id}/seen").status_code == 303
    assert page_text(grace.get_part("/surveys/weeks/unseen")) == ""


def test_measures_export_merge_and_erasure(app: RunningApp, clock: SetClock, grace: PageClient) -> None:
    customers = [
        str(app.send("POST", "/customers", {"name": name, "phones": [phone]}).json()["id"])
        for name, phone in (("Mina", PHONE), ("Ivo", "+12025550135"))
    ]
    set_up(app, "link")
    for phone in (PHONE, "+12025550135"):
        talked(app, clock, caller=phone)
    score: dict[str, Any] = {"score": "3", "comment": "So <so>"}
    app.client.post(f"/survey/{next(row.token for row in rows(app) if row.phone == PHONE)}", data=score)
    (entry,) = app.get(f"/customers/{customers[0]}/history", kind="survey")["items"]
    assert entry["survey"]["comment"] == "So <so>"
    assert "3 of 5" in page_text(grace.get_page(f"/customers/{customers[0]}"))

    def read(key: str) -> object:
        now = clock.now()
        measure = SEAMS.measures[key]
        return do(app, lambda session: figure(session, measure, now - timedelta(1), now + timedelta(1)).value)

    measured = {key: read(key) for key in ("csat", "customer_effort", "nps", "survey_response_rate")}
    assert measured == {"csat": 3.0, "customer_effort": None, "nps": None, "survey_response_rate": 0.5}
    assert "3 satisfaction, 1 to 5" in page_text(grace.get_page("/calls"))
    lines = do(app, lambda session: list(export.lines(session, SEAMS.exports["survey"])))
    assert len(lines) == 3
    moved = do(app, lambda session: merge.move(session, SEAMS, *customers))
    assert {row.customer_id for row in rows(app)} == {customers[1]}
    do(app, lambda session: merge.move_back(session, SEAMS, moved, customers[0]))
    assert do(app, lambda session: erasure.erase(session, SEAMS, customers[0]))["survey"] == 1
    assert [row.comment for row in rows(app)] == [""]
