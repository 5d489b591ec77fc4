"""What `callcrm serve` costs at rest, and what it must not import to serve on SQLite."""

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from callcrm.lazy import LAZY
from tests.cli.serving import get, serving
from tests.running import Server

MOST_MEMORY = 145_000_000  # bytes resident: 117 before the customer's rooms, whose own modules are the rest
# What our dependencies bring along, or other commands need. Each costs memory, and time at start.
UNUSED = (
    "aiohttp",
    "callcrm.demo",
    "callcrm.simulator",
    "mako",
    "pygments.lexer",  # the packages themselves are looked for, and taken for absent
    "requests",
    "rich.console",
    "sqlalchemy.dialects.mssql",
    "sqlalchemy.dialects.mysql",
    "sqlalchemy.dialects.oracle",
    "twilio.rest",
    "watchfiles.main",
    "yaml",
)


def _ask(server: Server) -> None:
    for path in ("/login", "/api/v1/openapi.json"):
        assert get(server, path).status_code == 200


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("footprint")


@pytest.fixture(scope="module")
def memory(folder: Path) -> int:
    """Bytes of memory after a first start, which makes the store, and a first page."""
    with serving(folder) as server:
        _ask(server)
        assert server.process
        return int(psutil.Process(server.process.pid).memory_info().rss)


@pytest.fixture(scope="module")
def imported(folder: Path, memory: int) -> set[str]:
    """The modules imported by a later start and a first page."""
    assert memory, "the store is made"
    (folder / "stderr.log").unlink()
    with serving(folder, PYTHONPROFILEIMPORTTIME="1") as server:
        _ask(server)
    return set(_names((folder / "stderr.log").read_text()))


def _names(stderr: str) -> Iterator[str]:
    for line in stderr.splitlines():
        if line.startswith("import time:"):
            yield line.rpartition("|")[2].strip()


def test_at_rest_it_takes_at_most_145_megabytes(memory: int) -> None:
    assert memory <= MOST_MEMORY


def test_the_list_of_imports_is_one(imported: set[str]) -> None:
    assert {"callcrm.app", "starlette.applications", "sqlalchemy.dialects.sqlite"} <= imported


@pytest.mark.parametrize("package", [*LAZY, *UNUSED])
def test_on_sqlite_it_does_without(imported: set[str], package: str) -> None:
    assert {name for name in imported if name == package or name.startswith(f"{package}.")} == set()
