"""Messages taken in: once each, in any order, to the right customer."""

from itertools import permutations

import pytest
from sqlmodel import Session, select

from callcrm.carrier.events import Malformed
from callcrm.carrier.form import Form, parse
from callcrm.carrier.messages import parse_message, parse_message_status
from callcrm.config import Settings, load_settings
from callcrm.customers import customers
from callcrm.messages import receive
from callcrm.models import Message
from callcrm.store.store import Store
from tests.clocks import SetClock

OURS, LEILA = "+12025550100", "+12025550123"
SETTINGS: Settings = load_settings({"CALLCRM_NUMBERS": OURS, "CALLCRM_OPERATOR_NUMBER": "+12025550199"})


def sms(**changed: str) -> Form:
    fields = {"MessageSid": "SM1", "From": LEILA, "To": OURS, "Body": "Hello", "NumMedia": "0"}
    return Form((fields | changed).items())


def status_form(status: str, **changed: str) -> Form:
    fields = {"MessageSid": "SM7", "MessageStatus": status, "From": OURS, "To": LEILA}
    return Form((fields | changed).items())


def receive_sms(store: Store, form: Form, clock: SetClock) -> bool:
    return store.write_now(
        lambda session: receive.record_incoming(session, SETTINGS, parse_message(form), clock.now())
    )


def record_report(store: Store, form: Form, clock: SetClock) -> bool:
    return store.write_now(
        lambda session: receive.record_message_status(
            session, SETTINGS, parse_message_status(form), clock.now()
        )
    )


def messages(store: Store) -> list[Message]:
    return store.read_now(lambda session: [*session.exec(select(Message))])


def customer(session: Session, name: str, clock: SetClock) -> str:
    changes = customers.Changes(name=name, phones=[LEILA])
    return customers.create(session, changes, region="US", own=(), now=clock.now()).id


def test_a_message_is_in_the_history_as_it_was_written(store: Store, clock: SetClock) -> None:
    receive_sms(store, sms(Body="  سلام 👋\n"), clock)
    [message] = messages(store)
    assert (message.direction, message.channel, message.status) == ("inbound", "sms", "received")
    assert (message.from_raw, message.to_raw, message.phone) == (LEILA, OURS, LEILA)
    assert message.body == "  سلام 👋\n"


def test_a_repeated_message_changes_nothing(store: Store, clock: SetClock) -> None:
    assert [receive_sms(store, sms(), clock) for _ in range(3)] == [True, False, False]
    assert len(messages(store)) == 1


def test_a_whatsapp_message_has_a_number_too(store: Store, clock: SetClock) -> None:
    receive_sms(store, sms(From=f"whatsapp:{LEILA}"), clock)
    [message] = messages(store)
    assert (message.channel, message.phone) == ("whatsapp", LEILA)


def test_a_message_without_text_is_a_message(store: Store, clock: SetClock) -> None:
    receive_sms(store, Form({"SmsSid": "SM2", "From": LEILA}.items()), clock)
    assert [message.body for message in messages(store)] == [""]


def test_a_message_goes_to_the_one_customer_with_its_number(store: Store, clock: SetClock) -> None:
    leila = store.write_now(lambda session: customer(session, "Leila Karimi", clock))
    receive_sms(store, sms(), clock)
    assert [message.customer_id for message in messages(store)] == [leila]


def test_a_message_from_a_shared_number_is_nobody_s_yet(store: Store, clock: SetClock) -> None:
    store.write_now(lambda session: [customer(session, name, clock) for name in ("Leila", "Daniel")])
    receive_sms(store, sms(), clock)
    assert [message.customer_id for message in messages(store)] == [None]


@pytest.mark.parametrize("sender", ["74663", "BANK", "anonymous", OURS])
def test_a_sender_that_is_no_customer_s_number_attaches_to_nobody(
    store: Store, clock: SetClock, sender: str
) -> None:
    receive_sms(store, sms(From=sender), clock)
    assert [message.customer_id for message in messages(store)] == [None]


def test_statuses_in_any_order_end_the_same(store: Store, clock: SetClock) -> None:
    for number, order in enumerate(permutations(["sent", "delivered", "read", "queued"])):
        for status in order:
            record_report(store, status_form(status, MessageSid=f"SM{number}"), clock)
    rows = {(message.status, message.direction, message.phone, message.error) for message in messages(store)}
    assert rows == {("read", "outbound", LEILA, None)}
    assert len(messages(store)) == 24


@pytest.mark.parametrize(
    "order", [("sent", "undelivered"), ("undelivered", "sent"), ("undelivered", "delivered")]
)
def test_a_message_that_failed_stays_failed(store: Store, clock: SetClock, order: tuple[str, str]) -> None:
    for status in order:
        record_report(store, status_form(status, ErrorCode="30005" if status == "undelivered" else ""), clock)
    assert [(message.status, message.error) for message in messages(store)] == [("undelivered", "30005")]


def test_a_repeated_status_changes_nothing(store: Store, clock: SetClock) -> None:
    assert [record_report(store, status_form("sent"), clock) for _ in range(2)] == [True, False]


def test_a_status_never_touches_a_message_that_came_in(store: Store, clock: SetClock) -> None:
    receive_sms(store, sms(), clock)
    record_report(store, status_form("delivered", MessageSid="SM1"), clock)
    assert [message.status for message in messages(store)] == ["received"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"From=%2B12025550123&Body=x",
        b"MessageSid=SM1&Body=x",
        b"MessageSid=SM1&MessageSid=SM2&From=%2B12025550123",
        b"MessageSid=SM%001&From=%2B12025550123&Body=x",
        b"MessageSid=" + b"x" * 65 + b"&From=%2B12025550123",
    ],
)
def test_a_malformed_message_is_refused(body: bytes) -> None:
    with pytest.raises(Malformed):
        parse_message(parse(body))


@pytest.mark.parametrize(
    "body", [b"", b"MessageSid=SM1", b"MessageSid=SM1&MessageStatus=lost", b"MessageStatus=sent"]
)
def test_a_malformed_status_is_refused(body: bytes) -> None:
    with pytest.raises(Malformed):
        parse_message_status(parse(body))


def test_the_older_names_of_the_fields_do_as_well() -> None:
    form = Form({"SmsSid": "SM1", "SmsStatus": "sent", "To": LEILA, "ErrorCode": "0"}.items())
    assert (
        parse_message_status(form).sid,
        parse_message_status(form).status,
        parse_message_status(form).error,
    ) == ("SM1", "sent", None)
