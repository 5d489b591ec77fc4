"""A stop that was asked for: streams end at once, since the server waits for every open answer."""

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def on_stop(do: Callable[[], None]) -> Iterator[None]:
    """Have this done on the event loop as soon as the process is told to stop, before anything else."""
    if threading.current_thread() is not threading.main_thread():
        yield  # signals come to the main thread alone; a server in another is stopped by its owner
        return
    loop = asyncio.get_running_loop()
    before: dict[int, Any] = {int(one): signal.getsignal(one) for one in SIGNALS}

    def told(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(do)
        if callable(before[number]):
            before[number](number, frame)

    for number in before:
        signal.signal(number, told)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
