"""The audio of recordings over the API."""

from typing import Any

import pytest
from sqlmodel import Session

from callcrm.models import Recording
from tests.api.support.each import each
from tests.api.support.office import NOON, Office, call

AUDIO = bytes(range(256)) * 4
MEDIA = "/recordings/rec_1/media"
MANY = "bytes=" + "0-1," * 1000 + "5-6"
ODD = ["bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=9-5", "lines=1-2", "bytes=0-1,5-6", "bytes=٣-٤"]


def stored(session: Session, path: str, **fields: object) -> None:
    defaults: dict[str, Any] = {
        "id": "rec_1",
        "call_id": "call_one",
        "carrier_sid": "RE1",
        "kind": "call",
        "status": "stored",
        "content_type": "audio/wav",
        "storage_name": path,
        "created_at": NOON,
    }
    session.add(Recording(**{**defaults, **fields}))


@pytest.fixture(autouse=True)
def kept(office: Office) -> None:
    """A recording of a call Ana answered."""
    folder = office.parts.storage.scratch().parent
    (folder / ("a" * 32)).write_bytes(AUDIO)
    office.add(call("one", agent_id="ana"))
    office.do(lambda session: stored(session, "a" * 32))


def test_audio_comes_whole_with_its_kind_length_and_tag(office: Office) -> None:
    answer = office.ana.ask("GET", MEDIA)
    assert (answer.status_code, answer.content) == (200, AUDIO)
    headers = {name: answer.headers[name] for name in ("content-type", "content-length", "accept-ranges")}
    assert headers == {"content-type": "audio/wav", "content-length": "1024", "accept-ranges": "bytes"}
    assert answer.headers["content-disposition"] == 'inline; filename="rec_1.wav"'
    assert answer.headers["etag"].startswith('"')


@each(
    "byte_range first last",
    [
        ("bytes=0-0", 0, 0),
        ("bytes=10-19", 10, 19),
        ("bytes=1000-", 1000, 1023),
        ("bytes=-24", 1000, 1023),
        ("bytes=1000-99999", 1000, 1023),
        ("bytes=-99999", 0, 1023),
        ("Bytes=5-6", 5, 6),
    ],
)
def test_a_range_of_bytes_comes_alone(office: Office, byte_range: str, first: int, last: int) -> None:
    answer = office.ana.ask("GET", MEDIA, headers={"Range": byte_range})
    assert (answer.status_code, answer.content) == (206, AUDIO[first : last + 1])
    assert answer.headers["content-range"] == f"bytes {first}-{last}/1024"
    assert answer.headers["content-length"] == str(last - first + 1)


@each("byte_range", ["bytes=1024-", "bytes=5000-6000", "bytes=-0", "bytes=" + "0-1," * 1000 + "5-6"])
def test_a_range_that_can_not_be_had_is_refused(office: Office, byte_range: str) -> None:
    answer = office.ana.ask("GET", MEDIA, headers={"Range": byte_range})
    assert (answer.status_code, answer.headers["content-range"]) == (416, "bytes */1024")


@each(
    "byte_range",
    ["bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=9-5", "lines=1-2", "bytes=0-1,5-6", "bytes=٣-٤"],
)
def test_a_range_that_makes_no_sense_is_answered_with_everything(office: Office, byte_range: str) -> None:
    answer = office.ana.ask("GET", MEDIA, headers={"Range": byte_range.encode()})
    assert (answer.status_code, answer.content) == (200, AUDIO)


def test_audio_that_is_known_already_is_not_sent_again(office: Office) -> None:
    tag = office.ana.ask("GET", MEDIA).headers["etag"]
    answer = office.ana.ask("GET", MEDIA, headers={"If-None-Match": f'"other", {tag}'})
    assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)


def test_a_range_of_other_audio_is_answered_with_everything(office: Office) -> None:
    tag = office.ana.ask("GET", MEDIA).headers["etag"]
    for if_range, status in ((tag, 206), ('"other"', 200)):
        headers = {"Range": "bytes=0-9", "If-Range": if_range}
        assert office.ana.ask("GET", MEDIA, headers=headers).status_code == status


def test_a_head_tells_the_length_alone(office: Office) -> None:
    answer = office.ana.ask("HEAD", MEDIA)
    assert (answer.headers["content-length"], answer.content) == ("1024", b"")


def test_a_recording_is_for_those_who_took_part_and_supervisors(office: Office) -> None:
    statuses = [asker.ask("GET", MEDIA).status_code for asker in (office.ana, office.ben, office.sara)]
    assert statuses == [200, 404, 200]


@each("status", ["pending", "failed", "deleted"])
def test_a_recording_that_is_not_stored_has_no_audio(office: Office, status: str) -> None:
    row = {"id": f"rec_{status}", "carrier_sid": status, "status": status}
    office.do(lambda session: stored(session, "b" * 32, **row))
    assert office.ana.ask("GET", f"/recordings/rec_{status}/media").status_code == 404


@each("path", ["../store.sqlite3", "/etc/passwd", "b" * 32, ""])
def test_no_path_in_the_store_leads_out_of_the_recordings(office: Office, path: str) -> None:
    row = {"id": f"rec_{len(path)}", "carrier_sid": f"RE{len(path)}"}
    office.do(lambda session: stored(session, path, **row))
    assert office.ana.ask("GET", f"/recordings/rec_{len(path)}/media").status_code == 404
