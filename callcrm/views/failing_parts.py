"""What nouns show among other things: one that fails is left out, and keeps nothing else from being shown."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import structlog
from sqlmodel import Session

from callcrm.base.errors import fault_fields
from callcrm.store.errors import is_outage, translate_error

log = structlog.get_logger()
P = TypeVar("P")
T = TypeVar("T")
Read = Callable[[Callable[[Session], T]], Awaitable[T]]


class PartFailed(Exception):
    """A part of a noun could not be loaded."""

    def __init__(self, part: Any) -> None:
        super().__init__()
        self.part = part


def content_of(part: P, load: Callable[[P], T]) -> T:
    """What is loaded of the part. PartFailed where that fails, unless it is the store that is away."""
    try:
        return load(part)
    except Exception as error:
        fault = translate_error(error)
        if is_outage(fault):
            raise
        raise PartFailed(part) from error


async def read_around(read: Read[T], parts: Sequence[P], verb: Callable[[Session, Sequence[P]], T]) -> T:
    """What the verb reads with all parts but those that fail: after a fault PostgreSQL reads nothing more in
    the same transaction, so each is found out by one.
    """
    whole = list(parts)
    while True:
        try:
            return await read(lambda session: verb(session, tuple(whole)))
        except PartFailed as fault:
            cause = fault.__cause__ or fault
            name = getattr(fault.part, "template", None) or getattr(fault.part, "name", "")
            log.error("what a noun shows is left out", part=name, **fault_fields(cause))
            whole.remove(fault.part)
