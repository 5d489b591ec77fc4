"""Threads: work that runs aside comes after all other, and holds up nobody who ends the process."""

import asyncio
import os
import subprocess
import sys
import threading

import pytest

from callcrm.base.threads import LOWEST_PRIORITY
from tests.clocks import THREADS

ENDED_MEANWHILE = """
import asyncio, time
from callcrm.base.threads import SystemThreads
async def main():
    task = asyncio.create_task(SystemThreads().run_aside(time.sleep, 60))
    await asyncio.sleep(0.2)
    task.cancel()
asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere threads have no priority of their own")
def test_work_aside_has_the_lowest_priority_and_nobody_else_gets_it() -> None:
    def priority() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    before = priority()
    assert asyncio.run(THREADS.run_aside(priority)) == LOWEST_PRIORITY
    assert asyncio.run(THREADS.run(priority)) == priority() == before


def test_the_fault_of_work_aside_is_its_waiters() -> None:
    with pytest.raises(ZeroDivisionError):
        asyncio.run(THREADS.run_aside(lambda: 1 // 0))


def test_a_process_ends_whatever_goes_on_aside() -> None:
    subprocess.run([sys.executable, "-c", ENDED_MEANWHILE], check=True, timeout=30)
