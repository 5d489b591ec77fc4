"""The benchmarks as tests: short ones that show they work, long ones that hold the gates."""

import pytest

from tests.bench import streams
from tests.bench.run import GATES, P99_MS, run

NOISE = 0.5  # a short run on a busy machine proves no number; it must not be off by more than half


@pytest.mark.timeout(180)
def test_a_short_run_answers_everything_and_is_of_the_right_order() -> None:
    result = run(seconds=0.6, rounds=1)
    for row, gate in GATES.items():
        assert result["ratios"][row] >= gate * NOISE, row


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_every_gate_is_met() -> None:
    result = run(seconds=4, rounds=5)
    for row, gate in GATES.items():
        assert result["ratios"][row] >= gate, row
    for engine, p99 in result["p99"].items():
        assert p99 <= P99_MS, engine


@pytest.mark.timeout(180)
def test_a_short_run_with_screens_loses_no_pop() -> None:
    result = streams.run(clients=120, seconds=2)
    print(result)
    assert (result.connected, result.missed, result.failures) == (120, 0, 0)
    assert result.resident <= streams.RESIDENT_MB


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("clients", streams.POP_MS)
def test_pops_come_at_once_to_many_screens(clients: int) -> None:
    result = streams.run(clients, seconds=30)
    print(result)
    assert result.missed_gates() == []
