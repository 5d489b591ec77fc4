"""The order of events: the carrier's, however they came."""

from datetime import UTC, datetime

import pytest

from callcrm.ledger.facts import RECORDING, REQUEST, Facts
from callcrm.ledger.order import order_key

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize("end", ["completed", "absent", "failed"])
def test_a_recording_begins_before_it_ends(end: str) -> None:
    callbacks = [
        Facts(kind=RECORDING, leg="CA1", at=NOON, recording="RE1", recording_status=status)
        for status in (end, "in_progress")
    ]
    assert [event.recording_status for event in sorted(callbacks, key=order_key)] == ["in_progress", end]


def test_the_turn_that_rings_a_phone_comes_before_its_being_asked_and_that_before_its_accepting() -> None:
    turn = Facts(kind=REQUEST, leg="CA9", step=2)
    whisper = Facts(kind=REQUEST, leg="CA1", parent="CA9", step=2, screening=True)
    accepted = Facts(kind=REQUEST, leg="CA1", parent="CA9", step=2, screening=True, accepted=True)
    assert sorted([accepted, whisper, turn], key=order_key) == [turn, whisper, accepted]
