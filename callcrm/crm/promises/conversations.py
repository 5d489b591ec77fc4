"""Which calls prove that a caller was spoken with, so that what is owed to them is kept.

An incoming call that one of ours answered is proof: phones of ours are answered by pressing 1, which no
mailbox does. That a phone we rang was answered is none: it may have been a mailbox. There the agent's
disposition counts, or the carrier's detection of who answered.
"""

from bisect import bisect_right
from collections.abc import Collection
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, FromClause, Integer, Select, and_, bindparam, exists, func, or_, select
from sqlmodel import Session

from callcrm.calls.disposition import NOT_SPOKEN_WITH, SPOKEN_WITH
from callcrm.models import Call, CallState, CustomerPhone, Direction, Outcome
from callcrm.models.conventions import table_of

CALL = table_of(Call)
PHONE = table_of(CustomerPhone)
HUMAN = "human"
LONGEST_CALL = timedelta(days=1)
FIRST_BATCH, GROWTH, LARGEST_BATCH = 8, 8, 4096  # conversations


class Conversation(NamedTuple):
    """A call in which a caller was spoken with, from `at` on."""

    at: datetime
    call_id: str


_AT = attrgetter("at")


def is_conversation(call: FromClause) -> ColumnElement[bool]:
    """The condition for ended calls in which whoever has the number was spoken with."""
    disposition = func.coalesce(call.c.disposition, "")
    proven = or_(
        call.c.direction == Direction.INBOUND,
        disposition.in_(SPOKEN_WITH),
        call.c.answered_by == HUMAN,
    )
    return and_(
        call.c.state == CallState.ENDED,
        call.c.outcome == Outcome.ANSWERED,
        call.c.answered_at.is_not(None),
        disposition.not_in(NOT_SPOKEN_WITH),
        proven,
    )


class Conversations:
    """The conversations with a caller, who is a customer or, where they are among `numbers`, whoever has
    those. They are read in the order of time, in batches: a caller of years has thousands.
    """

    def __init__(self, session: Session, caller: str, numbers: Collection[str]) -> None:
        self._session = session
        by_number = caller in numbers
        self._statement = _WITH_NUMBERS if by_number else _WITH_CUSTOMER
        self._whose: dict[str, Any] = {"numbers": sorted(numbers)} if by_number else {"customer": caller}
        self._size = FIRST_BATCH
        self._since: datetime | None = None
        self._batch: list[Conversation] = []
        self._is_full = False

    def first_after(self, since: datetime) -> Conversation | None:
        """The first conversation after this time."""
        if self._since is None or since < self._since or self._may_go_on(since):
            self._read(since)
        place = bisect_right(self._batch, since, key=_AT)
        return self._batch[place] if place < len(self._batch) else None

    def _may_go_on(self, since: datetime) -> bool:
        """Whether the batch ends before this time, and was full."""
        return self._is_full and self._batch[-1].at <= since

    def _read(self, since: datetime) -> None:
        parameters = {**self._whose, "since": since, "began": since - LONGEST_CALL, "most": self._size}
        rows = self._session.connection().execute(self._statement, parameters).all()
        self._since, self._batch = since, [Conversation(*row) for row in rows]
        self._is_full = len(rows) == self._size
        self._size = min(self._size * GROWTH, LARGEST_BATCH)


def _after(with_caller: ColumnElement[bool]) -> Select[Any]:
    return (
        select(CALL.c.answered_at, CALL.c.id)
        .where(with_caller, is_conversation(CALL), CALL.c.answered_at > bindparam("since"))
        .where(CALL.c.started_at > bindparam("began"))  # for the indexes, which are by it
        .order_by(CALL.c.answered_at, CALL.c.id)
        .limit(bindparam("most", type_=Integer()))
    )


# Constants, for each call that ends asks them.
_WITH_CUSTOMER = _after(CALL.c.customer_id == bindparam("customer"))
# Where customers have the number, it is open whom a call without a customer was with.
_WITH_NUMBERS = _after(
    and_(
        CALL.c.phone.in_(bindparam("numbers", expanding=True)),
        func.coalesce(CALL.c.customer_id, "") == "",
        ~exists().where(PHONE.c.e164 == CALL.c.phone),
    )
)
