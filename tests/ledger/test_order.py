"""The order of events: the carrier's, however they came."""

from datetime import UTC, datetime

import pytest

from callcrm.ledger.facts import RECORDING, Facts
from callcrm.ledger.order import order_key

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize("end", ["completed", "absent", "failed"])
def test_a_recording_begins_before_it_ends(end: str) -> None:
    told = [
        Facts(kind=RECORDING, leg="CA1", at=NOON, recording="RE1", recording_status=status)
        for status in (end, "in_progress")
    ]
    assert [one.recording_status for one in sorted(told, key=order_key)] == ["in_progress", end]
