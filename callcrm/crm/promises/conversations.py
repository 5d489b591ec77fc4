"""Which calls prove that a caller was spoken with, so that what is owed to them is kept.

An incoming call that one of ours answered is proof: phones of ours are answered by pressing 1, which no
mailbox does. That a phone we rang was answered is none: it may have been a mailbox. There the agent's
disposition counts, or the carrier's detection of who answered.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, FromClause, Select, and_, bindparam, exists, func, or_, select
from sqlmodel import Session

from callcrm.calls.disposition import NOT_SPOKEN_WITH, SPOKEN_WITH
from callcrm.models import Call, CallState, CustomerPhone, Direction, Outcome
from callcrm.models.conventions import table_of

CALL = table_of(Call)
PHONE = table_of(CustomerPhone)
HUMAN = "human"
LONGEST_CALL = timedelta(days=1)


class Conversation(NamedTuple):
    """A call in which a caller was spoken with, from `at` on."""

    at: datetime
    call_id: str


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


def first_after(
    session: Session, caller: str, numbers: Collection[str], since: datetime
) -> Conversation | None:
    """The first conversation with the caller that began after this time.

    The caller is a customer or, where it is among `numbers`, whoever has those.
    """
    parameters: dict[str, Any] = {"since": since, "began": since - LONGEST_CALL}
    if caller in numbers:
        statement, parameters["numbers"] = _WITH_NUMBERS, sorted(numbers)
    else:
        statement, parameters["customer"] = _WITH_CUSTOMER, caller
    row = session.connection().execute(statement, parameters).first()
    return Conversation(*row) if row else None


def _first_after(with_caller: ColumnElement[bool]) -> Select[Any]:
    return (
        select(CALL.c.answered_at, CALL.c.id)
        .where(with_caller, is_conversation(CALL), CALL.c.answered_at > bindparam("since"))
        .where(CALL.c.started_at > bindparam("began"))  # for the indexes, which are by it
        .order_by(CALL.c.answered_at, CALL.c.id)
        .limit(1)
    )


# Constants, for each call that ends asks them.
_WITH_CUSTOMER = _first_after(CALL.c.customer_id == bindparam("customer"))
# Where customers have the number, it is open whom a call without a customer was with.
_WITH_NUMBERS = _first_after(
    and_(
        CALL.c.phone.in_(bindparam("numbers", expanding=True)),
        func.coalesce(CALL.c.customer_id, "") == "",
        ~exists().where(PHONE.c.e164 == CALL.c.phone),
    )
)
