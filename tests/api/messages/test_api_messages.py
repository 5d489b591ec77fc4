"""Messages over the API: listed, looked up, with their files."""

from typing import Any

import pytest

from callcrm.models import Message, MessageEvent, MessageMedia
from tests.api.support.each import each
from tests.api.support.office import NOON, Office, at, customer

PICTURE = bytes(range(256)) * 4


def message(key: str, minute: float = 0, **fields: Any) -> Message:
    values = {
        "id": f"msg_{key}",
        "carrier_sid": f"SM{key}",
        "direction": "inbound",
        "channel": "sms",
        "from_raw": "+12025550134",
        "to_raw": "+12025550100",
        "phone": "+12025550134",
        "party": "+12025550134",
        "body": f"text {key}",
        "search_text": f"text {key} +12025550134",
        "status": "received",
        "created_at": at(minute),
        "received_at": at(minute),
    }
    return Message(**{**values, **fields})


PLACE = {"latitude": 35.5, "longitude": 51.25, "label": None, "address": "Valiasr 12"}
FROM_ROSA: dict[str, Any] = {
    "customer_id": "cus_rosa",
    "channel": "whatsapp",
    "from_raw": "whatsapp:+12025550134",
    "details": {"location": PLACE, "profile_name": "Rosa"},
}
FROM_A_CODE = {"from_raw": "74663", "phone": None, "party": "74663", "search_text": "code 1234 74663"}
OURS = {
    "direction": "outbound",
    "from_raw": "+12025550100",
    "to_raw": "+12025550134",
    "status": "failed",
    "error": "30005",
    "author_id": "ana",
}


def file(key: str, position: int, **fields: Any) -> MessageMedia:
    url = f"https://api.twilio.com/ME{key}"
    values: dict[str, Any] = {
        "id": f"med_{key}",
        "message_id": "msg_1",
        "position": position,
        "url": url,
        "created_at": NOON,
    }
    return MessageMedia(**values | fields)


@pytest.fixture(autouse=True)
def sent(office: Office) -> None:
    """Three messages: a customer's over WhatsApp, a short code's, and one of ours."""
    form = {"Body": "text 1", "WaId": "12025550134"}
    stored = {"status": "stored", "bytes": 1024, "sha256": "f" * 64, "storage_name": "b" * 32}
    office.add(*customer("rosa"))
    office.add(
        message("1", 1, **FROM_ROSA),
        message("2", 2, **FROM_A_CODE),
        message("3", 3, **OURS),
        MessageEvent(key="e1", message_id="msg_1", sid="SM1", kind="message", received_at=at(1), data=form),
        file("1", 0, content_type="image/png", **stored),
        file("2", 1, content_type="text/html"),
    )
    folder = office.parts.storage.scratch().parent
    (folder / ("b" * 32)).write_bytes(PICTURE)


@each(
    "query expected",
    [
        ({}, ["msg_3", "msg_2", "msg_1"]),
        ({"customer": "cus_rosa"}, ["msg_1"]),
        ({"phone": "(202) 555-0134"}, ["msg_3", "msg_1"]),
        ({"phone": "74663"}, ["msg_2"]),
        ({"direction": "outbound"}, ["msg_3"]),
        ({"channel": "whatsapp"}, ["msg_1"]),
        ({"status": "failed"}, ["msg_3"]),
        ({"since": "2026-01-05T12:02:00Z", "until": "2026-01-05T12:03:00Z"}, ["msg_2"]),
        ({"q": "CODE 1234"}, ["msg_2"]),
        ({"q": "+1 202 555 0134"}, ["msg_3", "msg_1"]),
        ({"q": "nothing like it"}, []),
        ({"unanswered": "true"}, ["msg_2", "msg_1"]),
        ({"unanswered": "false"}, ["msg_3"]),
    ],
)
def test_messages_are_found_by_what_is_asked(
    office: Office, query: dict[str, str], expected: list[str]
) -> None:
    assert office.ana.ids("/messages", **query) == expected


def test_pages_lead_through_all_messages(office: Office) -> None:
    first = office.ana.get("/messages", limit=2)
    second = office.ana.get("/messages", limit=2, cursor=first["next"])
    assert [item["id"] for item in first["items"] + second["items"]] == ["msg_3", "msg_2", "msg_1"]
    assert second["next"] is None


def test_a_message_is_told_with_its_files_place_and_events(office: Office) -> None:
    for ref in ("msg_1", "SM1"):
        answer = office.ana.get(f"/messages/{ref}")
        assert (answer["from"], answer["from_raw"]) == ("+12025550134", "whatsapp:+12025550134")
        assert answer["customer"] == {"id": "cus_rosa", "name": "Rosa"}
        assert answer["location"]["address"] == "Valiasr 12"
        assert [(file["id"], file["status"], file["media_url"]) for file in answer["media"]] == [
            ("med_1", "stored", "/api/v1/media/med_1"),
            ("med_2", "pending", None),
        ]
        [event] = answer["events"]
        assert (event["kind"], event["sid"], event["data"]["WaId"]) == ("message", "SM1", "12025550134")
    code = office.ana.get("/messages/msg_2")
    assert (code["from"], code["from_raw"], code["location"], code["media"]) == (None, "74663", None, [])
    ours = office.ana.get("/messages/msg_3")
    assert (ours["error"], ours["author"], ours["to"]) == (
        "30005",
        {"id": "ana", "name": "Ana"},
        "+12025550134",
    )
    assert office.ana.ask("GET", "/messages/msg_9").status_code == 404


def test_a_message_is_marked_as_answered_and_as_not(office: Office) -> None:
    marked = office.ana.send("PATCH", "/messages/SM1", {"answered": True})
    assert (marked["id"], marked["answered_at"] is not None) == ("msg_1", True)
    assert office.ana.send("PATCH", "/messages/msg_1", {}) == marked
    assert office.ana.ids("/messages", unanswered="true") == ["msg_2"]
    assert office.ana.ids("/messages", unanswered="false") == ["msg_3", "msg_1"]
    assert office.ana.send("PATCH", "/messages/msg_1", {"answered": False})["answered_at"] is None
    assert office.ana.ids("/messages", unanswered="true") == ["msg_2", "msg_1"]
    for ref in ("msg_3", "msg_9"):
        assert office.ana.ask("PATCH", f"/messages/{ref}", json={"answered": True}).status_code == 404


def test_a_file_is_served_with_tag_and_ranges(office: Office) -> None:
    whole = office.ana.ask("GET", "/media/med_1")
    assert (whole.status_code, whole.content, whole.headers["content-type"]) == (200, PICTURE, "image/png")
    tag = whole.headers["etag"]
    part = office.ana.ask("GET", "/media/med_1", headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, PICTURE[10:20])
    assert office.ana.ask("GET", "/media/med_1", headers={"If-None-Match": tag}).status_code == 304
    assert office.ana.ask("GET", "/media/med_1", headers={"Range": "bytes=9999-"}).status_code == 416
    assert office.ana.ask("GET", "/media/med_2").status_code == 404
    assert office.stranger.ask("GET", "/media/med_1").status_code == 401


@each("kind", ["text/html", "image/svg+xml", "application/xhtml+xml", "text/javascript", None])
def test_what_could_run_is_saved_and_never_shown(office: Office, kind: str | None) -> None:
    office.do(lambda session: setattr(session.get_one(MessageMedia, "med_1"), "content_type", kind))
    answer = office.ana.ask("GET", "/media/med_1")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
