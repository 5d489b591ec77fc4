"""A report that was acknowledged is never lost, however the process dies."""

from pathlib import Path

import pytest

from tests.running import Server, small_flow
from tests.torture.killing import kill_repeatedly, known_calls

KILLS = 6  # the long run has 200


def _lost(server: Server, count: int, seed: int) -> tuple[int, set[str], list[float]]:
    tally, restarts = kill_repeatedly(server, count, writers=16, seed=seed)
    server.kill()
    return len(tally.acknowledged), set(tally.acknowledged) - known_calls(server), restarts


@pytest.mark.timeout(600)
def test_kills_under_load_lose_nothing_acknowledged(tmp_path: Path) -> None:
    acknowledged, lost, restarts = _lost(Server(tmp_path, extra=small_flow(tmp_path)), KILLS, seed=20)
    print(
        f"{acknowledged} acknowledged, {KILLS} kills, {len(lost)} lost, slowest restart {max(restarts):.1f} s"
    )
    assert acknowledged > 10 * KILLS
    assert lost == set()


@pytest.mark.timeout(600)
def test_the_kill_test_would_notice_an_acknowledgement_before_the_commit(tmp_path: Path) -> None:
    """The mutant answers first and stores after."""
    mutant = {"PYTHONPATH": str(Path(__file__).parent / "mutants" / "hasty")}
    hasty = Server(tmp_path, extra={**mutant, **small_flow(tmp_path)})
    acknowledged, lost, _ = _lost(hasty, 3, seed=4)
    assert acknowledged > 0
    assert lost


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_two_hundred_kills_under_load_lose_nothing_acknowledged(tmp_path: Path) -> None:
    acknowledged, lost, restarts = _lost(Server(tmp_path), 200, seed=200)
    print(f"{acknowledged} acknowledged, 200 kills, {len(lost)} lost, slowest restart {max(restarts):.1f} s")
    assert lost == set()
