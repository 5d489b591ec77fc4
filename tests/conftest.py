"""Fixtures for all: a store on each engine, fresh for each test, and a clock that stands still."""

import gc
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import event, make_url

from callcrm.agents import passwords
from callcrm.store import migrate
from callcrm.store.store import Store
from tests import databases, postgres_server, quick_passwords
from tests.clocks import CLOCK, THREADS, SetClock
from tests.shop import Shop
from tests.store import statement_cache
from tests.store.slow_commits import SlowCommit, slow_commits

ENGINES = ("sqlite", "postgresql")
TEMPLATE = "callcrm_template"
# What is imported and collected stays: to look for garbage in it, now and in every test, takes a twentieth.
gc.disable()
# Where a machine names its certificates, all settings read them: that takes as long as to start an app.
os.environ.pop("SSL_CERT_FILE", None)
# Files that take longest, so that no process works on one alone when all others are through. Those that wait
# for a browser or a clock stand between those that reckon, so that both go on at once.
LONG_FILES = (
    "demo/test_demo_page",
    "e2e/test_e2e_chaos",
    "api/clients/test_generated_requests",
    "api/clients/test_generated_clients",
    "edge/test_cost_of_texts",
    "demo/test_demo_calls",
    "demo/test_demo_seed",
    "demo/test_demo_everybody",
    "web/prefix/test_prefix_pages",
    "web/directions/test_both_directions",
    "web/test_access_matrix",
    "web/test_canaries",
    "torture/test_kill",
    "deploy/test_connect_guide",
    "edge/test_connections",
    "web/notes/test_note_survives",
    "e2e/test_e2e_caller_walk",
    "web/desk/test_connection",
    "sample/test_sample",
    "ivr/proof/test_proof",
    "web/desk/test_desk_browser",
    "web/test_html",
    "web/calls/test_player_browser",
    "webhooks/test_webhook_callbacks",
    "cli/test_serve",
    "web/customers/test_customers_pages",
    "demo/test_demo_browser",
    "web/calls/test_calls_page",
    "demo/test_demo_lifecycle",
    "repo/test_add_a_noun",
    "recordings/test_recordings_fetch",
    "web/test_persian_pages",
    "web/test_persian_browser",
    "mutants/test_session_mutants",
    "webhooks/test_webhook_degraded",
    "store/test_store_migrate",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--engine sqlite` or `--engine postgresql` for one engine alone."""
    parser.addoption("--engine", choices=ENGINES, help="run the store's tests on this engine alone")


def pytest_configure(config: pytest.Config) -> None:
    """Tells what our markers mean, shares compiled SQL, and puts files into memory where there is room."""
    statement_cache.share()
    if memory := databases.memory_folder():
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", memory)
    config.addinivalue_line("markers", "engine(name): is about this engine alone")
    config.addinivalue_line("markers", "own_process: kills its server, which is a process of its own")
    config.addinivalue_line(
        "markers", "one_engine: is about pages, whose queries other tests ask of both engines"
    )
    config.addinivalue_line("markers", "slow_hashes: hashes passwords as in production")
    config.addinivalue_line("markers", "background: needs jobs and periodic work to run in the app")


def _engine_of(node: Any) -> str | None:
    marker = node.get_closest_marker("engine")
    if marker:
        return str(marker.args[0])
    return ENGINES[0] if node.get_closest_marker("one_engine") else None


def pytest_collection_finish() -> None:
    """Garbage is collected again, among what tests make."""
    gc.collect()
    gc.freeze()
    gc.enable()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every test that uses a store runs on each engine, if it is not about one alone."""
    only = _engine_of(metafunc.definition) or metafunc.config.getoption("engine")
    for fixture in ("database_url", "empty_database_url"):
        if fixture in metafunc.fixturenames:
            metafunc.parametrize(fixture, [only] if only else ENGINES, indirect=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Long files come first, and `--engine` leaves out the tests about the other one."""
    items.sort(key=lambda item: _rank(item.path))
    only = config.getoption("engine")
    others = [item for item in items if only and _engine_of(item) not in (None, only)]
    config.hook.pytest_deselected(items=others)
    items[:] = [item for item in items if item not in others]


def _rank(path: Path) -> int:
    name = path.relative_to(Path(__file__).parent).with_suffix("").as_posix()
    return LONG_FILES.index(name) if name in LONG_FILES else len(LONG_FILES)


def pytest_unconfigure() -> None:
    """Ends the browser that tests shared, if any did."""
    if module := sys.modules.get("tests.browser"):
        module.shared.close()


@pytest.fixture(autouse=True)
def quick_hashes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash passwords quickly, unless a test is marked `slow_hashes`."""
    if request.node.get_closest_marker("slow_hashes") is None:
        monkeypatch.setattr(passwords, "HASHER", quick_passwords.HASHER)


@pytest.fixture(scope="session")
def sqlite_template() -> Path:
    """A migrated SQLite file to copy."""
    return databases.sqlite_template()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server where tests may create databases: `TEST_DATABASE_URL`, or one of our own."""
    url = os.environ.get("TEST_DATABASE_URL")
    if url:
        yield url
        return
    with postgres_server.running() as url:
        yield url


@pytest.fixture(scope="session")
def postgres_admin(postgres_url: str) -> Iterator["psycopg.Connection[Any]"]:
    """A connection with a migrated template database beside it, which is dropped in the end."""
    template = f"{TEMPLATE}_{os.getpid()}"
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {template}")
        migrate.upgrade(_beside(postgres_url, template), CLOCK)
        yield admin
        admin.execute(f"DROP DATABASE {template} WITH (FORCE)")


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A migrated, empty database of this test's own, on each engine in turn."""
    if request.param == "sqlite":
        yield databases.make_sqlite(tmp_path / "store.sqlite3")
        return
    with _database(request, f"{TEMPLATE}_{os.getpid()}") as url:
        yield url


@pytest.fixture
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without any table, on each engine in turn."""
    if request.param == "sqlite":
        path = tmp_path / "empty.sqlite3"
        path.touch()
        yield f"sqlite:///{path}"
        return
    with _database(request, "template1") as url:
        yield url


@contextmanager
def _database(request: pytest.FixtureRequest, template: str) -> Iterator[str]:
    server = request.getfixturevalue("postgres_url")
    admin = request.getfixturevalue("postgres_admin")
    name = f"callcrm_test_{os.getpid()}_{next(_numbers)}"
    admin.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
    yield _beside(server, name)
    admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


_numbers = count(1)


def _beside(url: str, name: str) -> str:
    return make_url(url).set(database=name).render_as_string(hide_password=False)


@pytest.fixture
def published() -> list[object]:
    """What the store published after commits, in order."""
    return []


@pytest.fixture
def store(database_url: str, published: list[object]) -> Iterator[Store]:
    """A store on the test's database."""
    store = Store(database_url, CLOCK, THREADS, on_commit=published.extend)
    yield store
    store.close()


@pytest.fixture
def shop(store: Store) -> Shop:
    """A business without customers yet."""
    return Shop(store)


@pytest.fixture
def statements(store: Store) -> Callable[[], Any]:
    """`with statements() as seen:` collects the SQL of the verbs run meanwhile (not the store's own)."""

    @contextmanager
    def watch() -> Iterator[list[str]]:
        seen: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            seen.append(statement)

        event.listen(store.engine, "before_cursor_execute", note)
        yield seen
        event.remove(store.engine, "before_cursor_execute", note)

    return watch


@pytest.fixture
def clock() -> SetClock:
    """A clock that stands at Monday noon, 2026-01-05 12:00 UTC, until it is moved."""
    return SetClock(datetime(2026, 1, 5, 12, tzinfo=UTC))


@pytest.fixture
def slow_commit(monkeypatch: pytest.MonkeyPatch) -> SlowCommit:
    """A function that has every COMMIT from now on take so many seconds more."""
    return slow_commits(monkeypatch)
