"""Nothing personal reaches a log line, whoever writes it."""

import json
import logging
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
import structlog

from callcrm import logs, metrics

CALL = "CA" + "0123456789abcdef" * 2
Line = Callable[[], dict[str, Any]]


@pytest.fixture
def line(capsys: pytest.CaptureFixture[str]) -> Iterator[Line]:
    before = logging.getLogger().handlers[:], logging.getLogger().level
    logs.configure()

    def last() -> dict[str, Any]:
        return dict(json.loads(capsys.readouterr().err.splitlines()[-1]))

    yield last
    logging.captureWarnings(False)
    logging.getLogger().handlers[:], logging.getLogger().level = before
    structlog.reset_defaults()


def test_a_line_has_its_event_level_and_time_in_utc(line: Line) -> None:
    structlog.get_logger().warning("spool.full", depth=3)
    written = line()
    assert written["event"] == "spool.full"
    assert written["level"] == "warning"
    assert written["time"].endswith("Z")
    assert written["depth"] == 3


def few(minute: str, event: str) -> structlog.typing.EventDict:
    return {"event": event, "time": f"2026-01-05T18:{minute}:30.000001Z"}


def test_what_anybody_may_cause_is_written_a_few_times_a_minute_and_counted() -> None:
    repeats, log, stranger = logs.FewRepeats(), structlog.get_logger(), "signature does not fit"
    written = 0
    for _ in range(1000):
        with suppress(structlog.DropEvent):
            repeats(log, "warning", few("00", stranger))
            written += 1
    assert written == 60
    own = few("00", "call flow answered without the store")
    assert [repeats(log, "error", own) for _ in range(1000)] == [own] * 1000
    assert repeats(log, "warning", few("01", stranger))["dropped"] == 940
    assert "dropped" not in repeats(log, "warning", few("01", stranger))


def test_a_stranger_writes_no_address_of_their_own_into_the_log() -> None:
    assert metrics.route_of(f"/webhooks/twilio/{'a' * 16_000}/b") == "other"
    assert metrics.route_of("/webhooks/twilio/voice/fallback") == "fallback"
    assert metrics.route_of("/webhooks/twilio/at/node/main/main") == "at"


def test_the_limit_is_part_of_what_is_configured(line: Line, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(100):
        structlog.get_logger().warning("sign-in refused")
    assert len(capsys.readouterr().err.splitlines()) in range(60, 100)  # a minute may end meanwhile


def test_the_call_bound_around_a_line_is_in_it(line: Line) -> None:
    with structlog.contextvars.bound_contextvars(call=CALL, request="req_0123456789abcdefghjkmnpqr"):
        structlog.get_logger().info("call.kept")
    written = line()
    assert (written["call"], written["request"]) == (CALL, "req_0123456789abcdefghjkmnpqr")


@pytest.mark.parametrize(
    "text",
    [
        "+12025550123",
        "12025550123",
        "rang (202) 555-0123 twice",
        "۰۹۱۲۳۴۵۶۷۸۹",
        "sip:ana@example.com",
        "ana@example.com",
        "AccountSid=AC1&From=%2B12025550123",
        "x" * 40,
        {"nested": ["+44 7700 900123"]},
        12025550123,
    ],
    ids=repr,
)
def test_what_looks_like_a_number_an_address_or_a_secret_is_hidden(line: Line, text: object) -> None:
    structlog.get_logger().info("call.kept", why=text)
    written = json.dumps(line()["why"], ensure_ascii=False)
    for telling in ("2025550123", "555-0123", "۹۱۲۳۴۵۶", "ana", "900123", "xxxx"):
        assert telling not in written


@pytest.mark.parametrize("field", ["name", "note", "body", "digits", "from_raw", "speech", "token"])
def test_a_field_for_peoples_words_is_hidden_whatever_it_holds(line: Line, field: str) -> None:
    structlog.get_logger().info("call.kept", **{field: "Ana"})
    assert line()[field] == logs.HIDDEN


@pytest.mark.parametrize(
    "harmless",
    [CALL, "note_0123456789abcdefghjkmnpqr", "2026-11-22T04:40:00.123Z", "main", 200, 1.5, None, True],
)
def test_ids_moments_and_small_figures_stay_readable(line: Line, harmless: object) -> None:
    structlog.get_logger().info("call.kept", what=harmless)
    assert line()["what"] == harmless


def test_a_failure_is_told_by_type_and_place_without_its_words(line: Line) -> None:
    try:
        try:
            raise ValueError("Ana is on +12025550123")
        except ValueError as cause:
            raise KeyError("Ana") from cause
    except KeyError:
        structlog.get_logger().exception("verb.failed")
    written = line()
    assert [cause["type"] for cause in written["exception"]] == ["KeyError", "ValueError"]
    assert "test_logs.py" in written["exception"][0]["at"][0]
    assert "Ana" not in json.dumps(written)


def test_a_full_disk_is_named(line: Line) -> None:
    try:
        raise OSError(28, "No space left on device", "/srv/ana/spool")
    except OSError:
        structlog.get_logger().exception("spool.failed")
    assert line()["exception"][0]["code"] == "No space left on device"


def test_a_library_s_line_keeps_its_template_and_loses_its_values(line: Line) -> None:
    logging.getLogger("some.library").error("cannot reach %s", "Ana")
    assert line()["event"] == "cannot reach %s"


def test_a_line_break_in_a_value_cannot_forge_a_line(line: Line) -> None:
    structlog.get_logger().info('a\n{"event": "forged"}', what="b\x1b[31m")
    assert line()["event"].startswith("a\n")


def test_nothing_fails_when_the_reader_of_the_logs_has_gone() -> None:
    writer = (
        "import os; r, w = os.pipe(); os.close(r); os.dup2(w, 2); from callcrm import logs; logs.configure();"
        "import structlog; [structlog.get_logger().info('x') for _ in range(9)]; os.close(2); os._exit(0)"
    )
    assert subprocess.run([sys.executable, "-c", writer], check=False).returncode == 0
