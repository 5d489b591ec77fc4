"""How many files and connections this process may have open, and work in another beside it."""

import resource
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, TypeVar

T = TypeVar("T")
RESERVED = 200  # files that are no connections: of the store, the spool, recordings, the carrier's API
MOST_CONNECTIONS = 20_000
LEAST_CONNECTIONS = 50


def raise_file_limit() -> None:
    """Lets this process, and those it starts, have as many files open as the system allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with suppress(OSError, ValueError):  # some systems name a hard limit that they do not allow
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def connection_limit() -> int:
    """How many connections this process serves at once."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = MOST_CONNECTIONS if soft == resource.RLIM_INFINITY else soft - RESERVED
    return max(LEAST_CONNECTIONS, min(MOST_CONNECTIONS, files))


def iterate_aside(function: Callable[..., Iterator[T]], *arguments: object) -> Iterator[T]:
    """What the function yields, made in another process while this one works on what came before.

    Function, arguments and what it yields go from process to process, so they must be picklable. What
    the function raises is raised here; EOFError if its process was killed. The process ends with the
    iteration.
    """
    context = get_context("spawn")  # a fork would copy locks that other threads hold
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_send_all, args=(sender, function, arguments), daemon=True)
    process.start()
    sender.close()
    try:
        yield from _receive_all(receiver)
    finally:
        receiver.close()
        process.join()
        process.close()


def _send_all(sender: Connection, function: Callable[..., Iterator[object]], arguments: Any) -> None:
    # An interrupt reaches both processes; this one ends when nobody receives any more.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        for item in function(*arguments):
            sender.send((item, None))
        sender.send((None, StopIteration()))
    except BrokenPipeError:
        return
    except Exception as error:
        sender.send((None, error))


def _receive_all(receiver: Connection) -> Iterator[Any]:
    while True:
        item, error = receiver.recv()
        if isinstance(error, StopIteration):
            return
        if error:
            raise error
        yield item
