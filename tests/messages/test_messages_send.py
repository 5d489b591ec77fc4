"""Sending a message: once, or not at all, or visibly unknown."""

import asyncio
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
import respx
from sqlmodel import col, select

from callcrm.base.errors import Refused, TooLarge
from callcrm.carrier.form import Form
from callcrm.carrier.messages import parse_message_status
from callcrm.carrier.rest import open_rest_client
from callcrm.carrier.rest_transport import open_http
from callcrm.config import Settings, load_settings
from callcrm.messages import receive
from callcrm.messages.send import Sender, claim, compose
from callcrm.models import Job, Message
from callcrm.store.store import Store
from tests.clocks import CLOCK, SetClock
from tests.jobs import carrier_world

OURS, LEILA = carrier_world.OURS, carrier_world.LEILA
SETTINGS: Settings = load_settings(carrier_world.SETTINGS)
MESSAGES = f"{carrier_world.ACCOUNT}/Messages.json"


def write(store: Store, clock: SetClock, body: str = "Your order is ready.") -> str:
    return store.write_now(
        lambda session: compose(session, SETTINGS, to=LEILA, body=body, author_id=None, now=clock.now()).id
    )


def send(store: Store, clock: SetClock, message_id: str) -> timedelta | None:
    async def run() -> timedelta | None:
        async with open_http() as http:
            return await Sender(store, open_rest_client(SETTINGS, CLOCK, http), SETTINGS, clock).send(
                message_id
            )

    return asyncio.run(run())


def record_report(store: Store, clock: SetClock, status: str, sid: str = "SM1") -> None:
    form = Form({"MessageSid": sid, "MessageStatus": status, "From": OURS, "To": LEILA}.items())
    store.write_now(
        lambda session: receive.record_message_status(
            session, SETTINGS, parse_message_status(form), clock.now()
        )
    )


def messages(store: Store) -> list[Message]:
    return store.read_now(lambda session: [*session.exec(select(Message).order_by(col(Message.created_at)))])


def test_a_message_is_handed_over_once(store: Store, clock: SetClock, respx_mock: respx.MockRouter) -> None:
    route = respx_mock.post(MESSAGES).respond(201, json={"sid": "SM1", "status": "queued"})
    message = write(store, clock)
    assert [send(store, clock, message) for _ in range(3)] == [None, None, None]
    assert route.call_count == 1
    form = parse_qs(route.calls.last.request.content.decode())
    assert form == {
        "To": [LEILA],
        "From": [OURS],
        "Body": ["Your order is ready."],
        "StatusCallback": ["https://us.example/webhooks/twilio/message/status"],
    }
    assert [(message.carrier_sid, message.status) for message in messages(store)] == [("SM1", "sending")]


def test_writing_it_enqueues_it(store: Store, clock: SetClock) -> None:
    message = write(store, clock)
    jobs = store.read_now(lambda session: session.exec(select(Job.kind, Job.payload)).all())
    assert [tuple(job) for job in jobs] == [("send_message", {"id": message})]


@pytest.mark.parametrize("to", ["", "12", "anonymous", OURS, "+12025550199", "client:sara"])
def test_what_is_no_customer_s_number_is_refused(store: Store, clock: SetClock, to: str) -> None:
    with pytest.raises(Refused):
        store.write_now(
            lambda session: compose(session, SETTINGS, to=to, body="x", author_id=None, now=clock.now())
        )


@pytest.mark.parametrize(("body", "fault"), [("", Refused), (" \0 ", Refused), ("x" * 1601, TooLarge)])
def test_no_text_and_too_much_are_refused(
    store: Store, clock: SetClock, body: str, fault: type[Refused]
) -> None:
    with pytest.raises(fault):
        write(store, clock, body)


def test_without_a_number_of_ours_nothing_is_sent(store: Store, clock: SetClock) -> None:
    with pytest.raises(Refused, match="CALLCRM_NUMBERS"):
        store.write_now(
            lambda session: compose(
                session, load_settings({}), to=LEILA, body="x", author_id=None, now=clock.now()
            )
        )


def test_a_refused_message_has_failed_with_the_carrier_s_code(
    store: Store, clock: SetClock, respx_mock: respx.MockRouter
) -> None:
    respx_mock.post(MESSAGES).respond(400, json={"code": 21610, "message": "unsubscribed"})
    assert send(store, clock, write(store, clock)) is None
    assert [(message.status, message.error) for message in messages(store)] == [("failed", "21610")]


def test_a_carrier_that_is_down_is_asked_again(
    store: Store, clock: SetClock, respx_mock: respx.MockRouter
) -> None:
    respx_mock.post(MESSAGES).mock(
        side_effect=[httpx.ConnectError("no"), httpx.Response(201, json={"sid": "SM1", "status": "sent"})]
    )
    message = write(store, clock)
    assert send(store, clock, message) == timedelta(seconds=5)
    assert send(store, clock, message) is None
    assert [message.status for message in messages(store)] == ["sent"]


def test_a_carrier_that_stays_down_fails_the_message(
    store: Store, clock: SetClock, respx_mock: respx.MockRouter
) -> None:
    respx_mock.post(MESSAGES).respond(429)
    message = write(store, clock)
    clock.advance(5 * 3600)
    assert send(store, clock, message) is None
    assert [message.status for message in messages(store)] == ["failed"]


def test_an_unanswered_message_is_unknown_and_never_sent_again(
    store: Store, clock: SetClock, respx_mock: respx.MockRouter
) -> None:
    route = respx_mock.post(MESSAGES).mock(side_effect=httpx.ReadTimeout)
    message = write(store, clock)
    assert [send(store, clock, message) for _ in range(2)] == [None, None]
    assert route.call_count == 1
    assert [message.status for message in messages(store)] == ["unknown"]


def test_an_unanswered_message_is_known_again_by_its_reports(
    store: Store, clock: SetClock, respx_mock: respx.MockRouter
) -> None:
    respx_mock.post(MESSAGES).mock(side_effect=httpx.ReadTimeout)
    send(store, clock, write(store, clock))
    record_report(store, clock, "delivered")
    record_report(store, clock, "sent")
    assert [(message.carrier_sid, message.status, message.body) for message in messages(store)] == [
        ("SM1", "delivered", "Your order is ready.")
    ]


def test_killed_between_asking_and_writing_down_it_is_not_sent_again(
    store: Store, clock: SetClock, respx_mock: respx.MockRouter
) -> None:
    message = write(store, clock)
    store.write_now(lambda session: claim(session, message))
    assert send(store, clock, message) is None
    assert [message.status for message in messages(store)] == ["unknown"]


def test_reports_faster_than_the_answer_are_kept(
    store: Store, clock: SetClock, respx_mock: respx.MockRouter
) -> None:
    def delivered_at_once(request: httpx.Request) -> httpx.Response:
        record_report(store, clock, "delivered")
        return httpx.Response(201, json={"sid": "SM1", "status": "queued"})

    message = write(store, clock)
    respx_mock.post(MESSAGES).mock(side_effect=delivered_at_once)
    send(store, clock, message)
    assert [(message.id, message.status, message.body) for message in messages(store)] == [
        (message, "delivered", "Your order is ready.")
    ]


def test_reports_taken_for_another_message_s_are_given_back(
    store: Store, clock: SetClock, respx_mock: respx.MockRouter
) -> None:
    respx_mock.post(MESSAGES).mock(side_effect=httpx.ReadTimeout)
    lost = write(store, clock, "first")
    send(store, clock, lost)
    clock.advance(1)

    def delivered_at_once(request: httpx.Request) -> httpx.Response:
        record_report(store, clock, "delivered", "SM2")
        return httpx.Response(201, json={"sid": "SM2", "status": "queued"})

    respx_mock.post(MESSAGES).mock(side_effect=delivered_at_once)
    send(store, clock, write(store, clock, "second"))
    assert [(message.body, message.status, message.carrier_sid) for message in messages(store)] == [
        ("first", "unknown", None),
        ("second", "delivered", "SM2"),
    ]


def test_two_workers_at_once_hand_it_over_once(
    store: Store, clock: SetClock, respx_mock: respx.MockRouter
) -> None:
    route = respx_mock.post(MESSAGES).respond(201, json={"sid": "SM1", "status": "queued"})
    message = write(store, clock)

    async def all_at_once() -> None:
        async with open_http() as http:
            sender = Sender(store, open_rest_client(SETTINGS, CLOCK, http), SETTINGS, clock)
            jobs: list[Coroutine[Any, Any, Any]] = [sender.send(message) for _ in range(8)]
            await asyncio.gather(*jobs)

    asyncio.run(all_at_once())
    assert route.call_count == 1
    assert [message.carrier_sid for message in messages(store)] == ["SM1"]
