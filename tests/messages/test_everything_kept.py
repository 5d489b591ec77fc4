"""Everything a carrier's form about a message says is kept: files, places, buttons, names, advertisements."""

import asyncio
import hashlib
import json
from datetime import datetime, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

from callcrm.carrier.form import Form
from callcrm.carrier.media import Limits, MediaClient
from callcrm.carrier.messages import parse_message
from callcrm.messages import answers
from callcrm.messages.media import FETCH_JOB, MediaFetcher
from callcrm.models import Job, Message, MessageEvent, MessageMedia
from callcrm.recordings.leftovers import sweep
from callcrm.recordings.local import LocalStorage
from callcrm.store.store import Store
from tests.audio_server import Reply, carrier, redirects, sends
from tests.clocks import CLOCK, THREADS, SetClock
from tests.messages.test_messages_receive import LEILA, receive_sms, record_report, sms, status_form

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40
RICH = {
    "ProfileName": "لیلا",
    "WaId": "12025550123",
    "Latitude": "35.6892",
    "Longitude": "51.3890",
    "Label": "Shop",
    "Address": "Valiasr 12",
    "ButtonText": "Yes, please",
    "ButtonPayload": "yes-1",
    "ReferralHeadline": "Spring cleaning",
    "ReferralSourceUrl": "https://example.com/ad",
    "OriginalRepliedMessageSid": "SM0",
    "A-Field-Of-Tomorrow": "kept",
}


def rows(store: Store, model: Any) -> list[Any]:
    return store.read_now(lambda session: [*session.exec(select(model))])


def with_media(*urls: str) -> Form:
    fields = {f"MediaUrl{number}": url for number, url in enumerate(urls)}
    kinds = {f"MediaContentType{number}": "image/png" for number in range(len(urls))}
    return sms(NumMedia=str(len(urls)), **fields, **kinds)


def test_every_field_of_the_form_is_kept_as_received(store: Store, clock: SetClock) -> None:
    form = sms(**RICH)
    for _ in range(2):
        receive_sms(store, form, clock)
    [event] = rows(store, MessageEvent)
    assert (event.kind, event.sid, event.data) == ("message", "SM1", form.legal_fields())


def test_place_button_names_and_advertisement_are_told(store: Store, clock: SetClock) -> None:
    receive_sms(store, sms(**RICH), clock)
    [message] = rows(store, Message)
    assert message.details == {
        "location": {"latitude": 35.6892, "longitude": 51.389, "label": "Shop", "address": "Valiasr 12"},
        "button": {"text": "Yes, please", "payload": "yes-1"},
        "profile_name": "لیلا",
        "referral": {"headline": "Spring cleaning", "source_url": "https://example.com/ad"},
    }
    for word in ("hello", "shop", "valiasr", "لیلا", "yes", LEILA.removeprefix("+")):
        assert word in message.search_text


@pytest.mark.parametrize(
    "place",
    [
        {"Latitude": "91", "Longitude": "5"},
        {"Latitude": "nan", "Longitude": "5"},
        {"Latitude": "1e1", "Longitude": "5"},
        {"Latitude": "5"},
        {"Latitude": "", "Longitude": ""},
    ],
)
def test_a_place_that_is_none_is_none_and_its_form_is_kept(place: dict[str, str]) -> None:
    message = parse_message(sms(**place))
    assert message.details == {}
    assert message.form.data.items() >= place.items()


def test_every_status_form_is_kept_once_and_the_status_never_goes_down(store: Store, clock: SetClock) -> None:
    words = ["queued", "sent", "delivered", "read"]
    for number, order in enumerate(permutations(words)):
        sid = f"SM{number:02}"
        for status in (*order, *order):
            record_report(store, status_form(status, MessageSid=sid), clock)
        events = sorted(rows(store, MessageEvent), key=lambda event: event.id or 0)
        kept = [event.data["MessageStatus"] for event in events if event.sid == sid]
        assert kept == list(order)
    assert {message.status for message in rows(store, Message)} == {"read"}


def test_a_sender_without_a_number_is_a_party_too(store: Store, clock: SetClock) -> None:
    for number, sender in enumerate(("74663", "BANK", f"whatsapp:{LEILA}")):
        receive_sms(store, sms(MessageSid=f"SM{number}", From=sender), clock)
    assert [message.party for message in rows(store, Message)] == ["74663", "bank", LEILA]


# --- files -------------------------------------------------------------------------------------------


@pytest.fixture
def storage(tmp_path: Path) -> LocalStorage:
    return LocalStorage(tmp_path / "recordings", THREADS)


def fetch(
    store: Store, storage: LocalStorage, clock: SetClock, *replies: Reply, since: datetime | None = None
) -> timedelta | None:
    """Receives a message with one file and fetches it from a carrier that answers so."""
    with carrier(*replies) as server:
        base = f"http://127.0.0.1:{server.server_port}"
        receive_sms(store, with_media(f"{base}/2010-04-01/Accounts/AC1/Messages/SM1/Media/ME1"), clock)
        limits = Limits(seconds=5, silence=0.3, connect=1)
        media = MediaClient(CLOCK, THREADS, api_url=base, account="AC1", token="secret", limits=limits)
        [job] = [job for job in rows(store, Job) if job.kind == FETCH_JOB]
        fetcher = MediaFetcher(store, media, storage, clock)
        return asyncio.run(fetcher.fetch(job.payload["id"], since or clock.now()))


def test_a_file_comes_home_whole_and_verified(store: Store, storage: LocalStorage, clock: SetClock) -> None:
    assert fetch(store, storage, clock, sends(PICTURE, kind="image/png; charset=x")) is None
    [row] = rows(store, MessageMedia)
    assert (row.status, row.bytes, row.content_type) == ("stored", len(PICTURE), "image/png")
    assert row.sha256 == hashlib.sha256(PICTURE).hexdigest()
    path = storage.local_path(row.storage_name)
    assert path is not None
    assert path.read_bytes() == PICTURE


def test_a_file_that_is_not_there_yet_is_tried_again(
    store: Store, storage: LocalStorage, clock: SetClock
) -> None:
    assert fetch(store, storage, clock, sends(b"", status=404)) is not None
    assert [(row.status, row.error) for row in rows(store, MessageMedia)] == [("pending", "retrying: 404")]


def test_a_file_is_given_up_on_after_a_day(store: Store, storage: LocalStorage, clock: SetClock) -> None:
    day_ago = clock.now() - timedelta(hours=24)
    assert fetch(store, storage, clock, sends(b"", status=404), since=day_ago) is None
    assert [(row.status, row.error) for row in rows(store, MessageMedia)] == [("failed", "gave up: 404")]


def test_a_file_is_fetched_from_the_carrier_alone(
    store: Store, storage: LocalStorage, clock: SetClock
) -> None:
    fetch(store, storage, clock, redirects("http://169.254.169.254/latest"))
    assert [row.error for row in rows(store, MessageMedia)] == ["retrying: host not allowed"]


def test_each_file_has_one_job_however_often_its_message_comes(store: Store, clock: SetClock) -> None:
    form = with_media(*(f"https://api.twilio.com/ME{number}" for number in range(3)))
    for _ in range(3):
        receive_sms(store, form, clock)
    jobs = [job.payload["id"] for job in rows(store, Job) if job.kind == FETCH_JOB]
    assert sorted(jobs) == sorted(row.id for row in rows(store, MessageMedia))
    assert len(jobs) == 3


def test_a_stored_file_is_no_left_over(store: Store, storage: LocalStorage, clock: SetClock) -> None:
    fetch(store, storage, clock, sends(PICTURE, kind="image/png"))
    later = datetime.now(tz=clock.now().tzinfo) + timedelta(days=1)
    assert asyncio.run(sweep(store, storage, later)) == 0
    [row] = rows(store, MessageMedia)
    assert storage.local_path(row.storage_name) is not None


# --- answered ----------------------------------------------------------------------------------------


def waiting(store: Store) -> list[str | None]:
    """The SIDs of the messages that nobody has answered, sorted."""
    unanswered = select(Message.carrier_sid).where(*answers.WAITING).order_by(col(Message.carrier_sid))
    return store.read_now(lambda session: [*session.exec(unanswered)])


def test_a_message_waits_until_one_of_ours_is_sent_to_its_sender(store: Store, clock: SetClock) -> None:
    receive_sms(store, sms(), clock)
    receive_sms(store, sms(MessageSid="SM2", From="74663"), clock)
    clock.advance(60)
    seen = []
    for status in ("queued", "sent", "undelivered"):
        record_report(store, status_form(status), clock)
        seen.append(waiting(store))
    assert seen == [["SM1", "SM2"], ["SM2"], ["SM1", "SM2"]]


def test_a_message_known_late_is_answered_by_what_was_sent_after_it(store: Store, clock: SetClock) -> None:
    written = clock.now()
    clock.advance(600)
    record_report(store, status_form("delivered"), clock)
    late = SetClock(written)
    receive_sms(store, sms(), late)
    receive_sms(store, sms(MessageSid="SM2", From="74663"), late)
    assert waiting(store) == ["SM2"]


def test_a_message_that_came_after_ours_waits(store: Store, clock: SetClock) -> None:
    record_report(store, status_form("delivered"), clock)
    clock.advance(60)
    receive_sms(store, sms(), clock)
    record_report(store, status_form("read"), clock)
    assert waiting(store) == ["SM1"]


def test_forms_are_json_in_the_store(store: Store, clock: SetClock) -> None:
    receive_sms(store, sms(Body="a\x00b"), clock)
    [event] = rows(store, MessageEvent)
    assert json.loads(json.dumps(event.data))["Body"] == "ab"
