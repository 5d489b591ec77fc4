"""Time, threads and processes come through one seam each: nobody else asks the machine for them."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
SEAMS = {f"callcrm/base/{name}.py" for name in ("clock", "processes", "threads")}
# The machine's own clock and threads are made here, and handed on.
ROOTS = {
    "callcrm/app.py",
    "callcrm/cli/clock_and_threads.py",
    "callcrm/demo/app.py",
    "callcrm/store/migrations/new_migration.py",
}
# The carrier we simulate lives by a clock of its own.
SIMULATOR = "callcrm/simulator/"
SOURCES = sorted(
    path.relative_to(TOP).as_posix()
    for name in ("callcrm", "webhooks")
    for path in (TOP / name).rglob("*.py")
)

# Whatever is below these is the machine's: `time.monotonic`, `concurrent.futures.ThreadPoolExecutor`…
MODULES = {"_thread", "anyio", "concurrent.futures.thread", "multiprocessing", "sched", "time"}
NAMES = {
    *(
        f"asyncio.{name}"
        for name in ("Runner", "Timeout", "sleep", "timeout", "timeout_at", "to_thread", "wait_for")
    ),
    *(f"concurrent.futures.{name}PoolExecutor" for name in ("Process", "Thread")),
    *(f"datetime.datetime.{name}" for name in ("now", "today", "utcnow")),
    *(f"email.utils.{name}" for name in ("formatdate", "localtime")),
    *(
        "datetime.date.today",
        "starlette.concurrency.run_in_threadpool",
        "threading.Thread",
        "threading.Timer",
    ),
}
# Methods of event loops and futures, whatever the variable is called; of a clock they are the seam.
METHODS = {"call_at", "call_later", "run_in_executor"}


def _aliases(tree: ast.Module) -> dict[str, str]:
    """What each imported name stands for."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.asname or alias.name: alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return names


def _dotted(node: ast.expr, aliases: dict[str, str]) -> str:
    if isinstance(node, ast.Name):
        return aliases.get(node.id, f"local.{node.id}")
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value, aliases)}.{node.attr}"
    return f"{_dotted(node.func, aliases)}()" if isinstance(node, ast.Call) else "?"


def _forbidden(node: ast.AST, aliases: dict[str, str]) -> bool:
    if isinstance(node, ast.Call) and _dotted(node.func, aliases) == "asyncio.wait":
        return any(keyword.arg == "timeout" for keyword in node.keywords)
    if not isinstance(node, ast.Name | ast.Attribute):
        return False
    name = _dotted(node, aliases)
    owner, _, last = name.rpartition(".")
    if last in METHODS:
        return not owner.endswith("clock")
    if last == "time" and owner.endswith(("loop", "loop()")):
        return True
    return name in NAMES or any(name.startswith(f"{module}.") for module in MODULES)


def _findings(source: str) -> Iterator[int]:
    """The lines that ask the machine itself."""
    tree = ast.parse(source)
    aliases = _aliases(tree)
    for node in ast.walk(tree):
        if _forbidden(node, aliases):
            yield getattr(node, "lineno", 0)


def test_nobody_asks_the_machine_for_the_time_or_a_thread() -> None:
    assert [
        f"{path}:{line}"
        for path in SOURCES
        if path not in SEAMS and not path.startswith(SIMULATOR)
        for line in _findings((TOP / path).read_text(encoding="utf-8"))
    ] == []


def test_the_machines_own_are_made_in_the_composition_roots_alone() -> None:
    makers = {"callcrm.base.clock.SystemClock", "callcrm.base.threads.SystemThreads"}
    users = {
        path
        for path in SOURCES
        if not makers.isdisjoint(_aliases(ast.parse((TOP / path).read_text(encoding="utf-8"))).values())
    }
    assert users == ROOTS


@pytest.mark.parametrize(
    "source",
    [
        "import time\ntime.monotonic()",
        "from time import perf_counter\nperf_counter()",
        "from datetime import datetime\ndatetime.now()",
        "import datetime as dt\nclock = dt.datetime.utcnow",
        "from datetime import date\ndate.today()",
        "import asyncio\nasync def rest(): await asyncio.sleep(1)",
        "from asyncio import timeout as within\nwithin(1)",
        "import asyncio\nasyncio.get_running_loop().time()",
        "import asyncio\nasyncio.get_running_loop().call_later(1, print)",
        "import asyncio\nasync def rest(tasks): await asyncio.wait(tasks, timeout=1)",
        "loop.run_in_executor(None, print)",
        "import threading\nthreading.Thread(target=print)",
        "from threading import Timer\nclass Later(Timer): pass",
        "from concurrent.futures import ThreadPoolExecutor\nThreadPoolExecutor()",
        "import asyncio\nawaited = asyncio.to_thread(print)",
        "from starlette.concurrency import run_in_threadpool\nrun_in_threadpool(print)",
    ],
)
def test_whoever_did_would_be_seen(source: str) -> None:
    assert list(_findings(source))


@pytest.mark.parametrize(
    "source",
    [
        "clock.call_later(1, print)",
        "self._clock.sleep(1)",
        "from datetime import datetime\ndatetime.fromisoformat('2026-01-05')",
        "import asyncio\nasync def rest(tasks): await asyncio.wait(tasks)",
        "import threading\nthreading.Lock()",
    ],
)
def test_what_the_seam_is_for_is_let_be(source: str) -> None:
    assert not list(_findings(source))
