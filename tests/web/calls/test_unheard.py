"""What an agent may not hear is told them by no address, at no door."""

import re
from datetime import timedelta
from typing import Any

import pytest

from callcrm.agents import tokens
from callcrm.crm.promises import promises
from callcrm.models import Agent, Promise, Recording
from tests.posts import completed, inbound
from tests.running_app import RunningApp
from tests.shop import Shop
from tests.web.support.page_client import PageClient, do, sign_in

pytestmark = [pytest.mark.one_engine, pytest.mark.background]
CALLER = "+12025550134"
RECORDING = "RE0123456789abcdef0123456789abcdef"
URL = f"https://api.twilio.com/2010-04-01/Accounts/AC1/Recordings/{RECORDING}"
SPOKEN = "the-words-of-the-message"
DONE = "/webhooks/twilio/at/done/main/-?language=en&step=7"
BODY = {"RecordingUrl": URL, "RecordingSid": RECORDING, "RecordingDuration": "9"}


@pytest.fixture
def mina(app: RunningApp) -> str:
    """The id of the customer who left a message in the sales queue."""
    made = app.send("POST", "/customers", {"name": "Mina Halloran", "phones": [CALLER]})
    menu = app.rings("CA1", CALLER)
    for digit in ("1", "1"):
        menu = app.twiml(menu.path("Gather"), inbound("CA1", CALLER, CallStatus="in-progress", Digits=digit))
    ended = inbound("CA1", CALLER, CallStatus="completed", **BODY)
    app.twiml(DONE, ended | {"TranscriptionText": SPOKEN, "TranscriptionUrl": f"{URL}/Transcriptions/TR1"})
    callback = {"CallSid": "CA1", "AccountSid": ended["AccountSid"], "RecordingStatus": "completed", **BODY}
    assert app.post("/webhooks/twilio/recording?kind=voicemail", callback).status_code == 204
    assert app.post("/webhooks/twilio/status", completed("CA1")).status_code == 204
    assert app.get("/calls/CA1")["queue"] == "sales"
    return str(made.json()["id"])


@pytest.fixture
def ana(app: RunningApp) -> PageClient:
    """An agent who serves support alone."""
    ana = sign_in(app, "Ana Lane", available=True)
    do(app, lambda session: setattr(session.get_one(Agent, ana.id), "queues", ["support"]))
    return ana


def bearer(app: RunningApp, email: str) -> dict[str, str]:
    """The Authorization header of an agent's token."""
    now = app.services.clock.now()
    secret = do(app, lambda session: tokens.add_token(session, "test", "agent", email, now))
    return {"Authorization": f"Bearer {secret}"}


def told(app: RunningApp, user: PageClient, headers: dict[str, str], customer: str) -> list[str]:
    """The doors at which the recording, its address or its words are told."""
    call = app.get("/calls/CA1")["id"]
    page = user.get(f"/calls/{call}").text
    doors = {f"/api/v1{path}" for path in ("/calls/CA1", f"/calls/{call}", "/calls?q=Mina", "/promises")}
    doors |= {
        f"/api/v1/customers/{customer}/history{query}" for query in ("", "?kind=recording", "?kind=call")
    }
    pages = {
        f"/calls/{call}",
        f"/calls/{call}/details",
        f"/customers/{customer}",
        "/calls",
        "/desk",
        "/promises",
    }
    pages |= set(re.findall(r'"(/calls/[^"]+/carrier/[^"]+)"', page))
    pages |= {f"/customers/{customer}/history?kind=recording"}
    assert any("/carrier/" in path for path in pages)
    texts = {path: app.client.get(path, headers=headers).text for path in doors}
    texts |= {path: user.get(path).text for path in pages}
    texts["/find"] = user.search("/find", {"q": "Mina"}).text
    hidden = (RECORDING, "/Recordings/", SPOKEN)
    return sorted(path for path, text in texts.items() if any(part in text for part in hidden))


def test_no_door_leads_an_agent_to_a_message_they_may_not_hear(
    app: RunningApp, ana: PageClient, mina: str
) -> None:
    assert told(app, ana, bearer(app, "ana.lane@example.test"), mina) == []


def test_who_may_hear_it_reads_the_carrier_s_words_as_received(app: RunningApp, mina: str) -> None:
    sara = sign_in(app, "Sara Kovac", "supervisor")
    doors = told(app, sara, app.authorization, mina)
    assert "/api/v1/calls/CA1" in doors
    assert any("/carrier/" in path for path in doors)
    omar = sign_in(app, "Omar Vance", available=True)  # serves every queue
    assert "/api/v1/calls/CA1" in told(app, omar, bearer(app, "omar.vance@example.test"), mina)


def test_a_recording_has_no_address_for_who_may_not_hear_it(
    app: RunningApp, ana: PageClient, mina: str
) -> None:
    headers = bearer(app, "ana.lane@example.test")
    call: dict[str, Any] = app.client.get("/api/v1/calls/CA1", headers=headers).json()
    assert [(row["carrier_sid"], row["media_url"], row["sha256"]) for row in call["recordings"]] == [
        ("", None, None)
    ]
    assert call["outcome"] == "voicemail"
    assert {event["sid"] for event in call["events"]} == {"CA1"}
    history = app.client.get(f"/api/v1/customers/{mina}/history", headers=headers).json()
    (recording,) = (item["recording"] for item in history["items"] if item["kind"] == "recording")
    assert (recording["carrier_sid"], recording["media_url"]) == ("", None)
    assert app.get("/calls/CA1")["recordings"][0]["carrier_sid"] == RECORDING


def test_what_was_deleted_keeps_its_sid_for_who_might_have_heard_it(
    app: RunningApp, ana: PageClient, mina: str
) -> None:
    recording = app.get("/calls/CA1")["recordings"][0]["id"]
    do(app, lambda session: setattr(session.get_one(Recording, recording), "status", "deleted"))
    history = app.get(f"/customers/{mina}/history", kind="recording")["items"]
    rows = [app.get("/calls/CA1")["recordings"][0], history[0]["recording"]]
    assert [(row["status"], row["carrier_sid"], row["media_url"]) for row in rows] == [
        ("deleted", RECORDING, None)
    ] * 2
    assert told(app, ana, bearer(app, "ana.lane@example.test"), mina) == []


@pytest.mark.parametrize("giver", ["oneself", "supervisor"])
def test_a_promise_arranged_to_oneself_opens_nothing(
    app: RunningApp, ana: PageClient, mina: str, giver: str
) -> None:
    assert mina
    shop, (promise,) = Shop(app.services.store), app.get("/promises")["items"]
    recording = app.get("/calls/CA1")["recordings"][0]["id"]
    sara = sign_in(app, "Sara Kovac", "supervisor")
    due_at = shop.get(Promise, promise["id"]).due_at + timedelta(days=1)
    by = ana.id if giver == "oneself" else sara.id
    for owner, later, who in ((ana.id, 0, by), (ana.id, 1, ana.id)):
        due = due_at + timedelta(hours=later)
        shop.do(promises.arrange, promise["id"], owner_id=owner, due_at=due, by=who)
    assert shop.get(Promise, promise["id"]).owner_id == ana.id
    plays = f"/recordings/{recording}" in ana.get(f"/calls/{app.get('/calls/CA1')['id']}").text
    answer = ana.get(f"/recordings/{recording}").text
    heard = "has not been fetched" in answer or "could not be had" in answer
    assert (plays or heard) is (giver == "supervisor")
