"""Stop signals, noticed early: streams must end at once, since the server waits for its open responses."""

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def on_stop_signal(callback: Callable[[], None]) -> Iterator[None]:
    """Has `callback` called on the event loop at SIGINT or SIGTERM, besides the handler of before."""
    if threading.current_thread() is not threading.main_thread():
        # Python allows signal handlers in the main thread alone; a server elsewhere is stopped by its owner.
        yield
        return
    loop = asyncio.get_running_loop()
    previous: dict[int, Any] = {int(number): signal.getsignal(number) for number in SIGNALS}

    def handle(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(callback)
        # uvicorn's own handler, which begins the shutdown.
        if callable(previous[number]):
            previous[number](number, frame)

    # Not loop.add_signal_handler: it would replace uvicorn's handler instead of calling it.
    for number in previous:
        signal.signal(number, handle)
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
