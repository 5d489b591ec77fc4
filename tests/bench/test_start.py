"""One process, up in a moment, of modest size."""

from pathlib import Path

import psutil
import pytest

from tests.running import Server


@pytest.mark.timeout(120)
def test_the_server_starts_fast_and_stays_small(tmp_path: Path) -> None:
    """The better of two starts counts: other tests may have the machine."""
    server, starts = Server(tmp_path), []
    for _ in range(2):
        starts.append(server.start())
        assert server.process is not None
        process = psutil.Process(server.process.pid)
        resident, children = process.memory_info().rss, process.children()
        assert server.stop() == 0
    print(f"starts: {' '.join(f'{seconds:.1f}' for seconds in starts)} s, resident {resident / 1e6:.0f} MB")
    assert min(starts) <= 3.0
    assert resident <= 150e6
    assert children == []
