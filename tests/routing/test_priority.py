"""Who comes first in line, by the rule alone."""

from datetime import UTC, datetime, timedelta

from callcrm.routing.priority import effective_arrival

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def test_gold_counts_as_having_come_two_minutes_earlier_and_silver_one() -> None:
    heads = [
        NOON - effective_arrival(NOON, tier) for tier in ("gold", "Silver", "bronze", None, "unheard of")
    ]
    assert [head.seconds for head in heads] == [120, 60, 0, 0, 0]


def test_a_stream_of_gold_callers_cannot_starve_a_bronze_one() -> None:
    assert [_wait_among_gold(seconds_per_call) for seconds_per_call in (10, 20, 40)] == [120, 120, 120]


def _wait_among_gold(seconds_per_call: int) -> int:
    """How long a bronze caller waits for the only agent, who gets a new gold caller for every one served."""
    line = [(effective_arrival(NOON, None), "bronze")]
    for passed in range(0, 3600, seconds_per_call):
        arrived = NOON + timedelta(seconds=passed)
        line.append((effective_arrival(arrived, "gold"), f"gold{passed:04}"))
        line.sort()
        if line.pop(0)[1] == "bronze":
            return passed
    raise AssertionError("starved")
