"""An invented business whose customers, calls and notes are written straight into the store."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from sqlmodel import Session, SQLModel

from callcrm.calls import customer_assignment
from callcrm.calls.runtime import CallRuntime
from callcrm.crm.promises import promises, settlement
from callcrm.crm.promises.callers import Changed
from callcrm.crm.seams import SEAMS
from callcrm.customers import customers
from callcrm.customers.customers import Changes
from callcrm.models import (
    Call,
    CallState,
    Customer,
    Message,
    Note,
    Outcome,
    Promise,
    PromiseState,
    Recording,
    User,
)
from callcrm.notes import notes
from callcrm.store.store import Store

Args = ParamSpec("Args")
Result = TypeVar("Result")
Row = TypeVar("Row", bound=SQLModel)

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
ANA = "+12025550123"  # numbers of invented people
BEN = "+12025550124"
OURS = "+12025550100"


def at(minutes: float) -> datetime:
    """So many minutes after noon."""
    return NOON + timedelta(minutes=minutes)


def settle(
    session: Session, call_id: str, kind: str | None, phone: str | None, now: datetime
) -> Sequence[Changed]:
    """What changed once the call has been settled as this kind."""
    call = settlement.find_call(session, call_id)
    return settlement.settle(session, call, kind, phone, now) if call else ()


class Shop:
    """Writes rows of a small business, each verb in a transaction of its own."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._numbers = count(1)

    def do(
        self, verb: Callable[Concatenate[Session, Args], Result], *args: Args.args, **kwargs: Args.kwargs
    ) -> Result:
        """What the verb returns, once it is committed."""
        return self.store.write_now(lambda session: verb(session, *args, **kwargs))

    def get(self, model: type[Row], key: str) -> Row:
        """The row of this key."""
        return self.store.read_now(lambda session: session.get_one(model, key))

    def add(self, row: Row) -> Row:
        """Adds a row as it is."""
        self.do(lambda session: session.add(row))
        return row

    def agent(self, name: str, **fields: Any) -> str:
        """Adds an agent; their id."""
        row = User(id=name, email=f"{name}@example.com", name=name, role="agent", created_at=NOON, **fields)
        return self.add(row).id

    def customer(self, name: str, *phones: str, **fields: Any) -> str:
        """Adds a customer with these numbers; their id."""
        values: Changes = {"name": name, "phones": phones, **fields}  # type: ignore[typeddict-item]

        def verb(session: Session) -> str:
            row = customers.create(session, values, region="US", own={OURS}, now=NOON)
            self._linked(session, row.id)
            return row.id

        return self.do(verb)

    def change(self, customer_id: str, **changes: Any) -> Customer:
        """The customer, changed."""
        values: Changes = changes  # type: ignore[assignment]

        def verb(session: Session) -> Customer:
            row = customers.update(session, customer_id, values, region="US", own={OURS}, now=at(1))
            self._linked(session, customer_id)
            return row

        return self.do(verb)

    def call(self, phone: str | None = ANA, minute: float = 0, **fields: Any) -> str:
        """Adds a call abandoned at this minute after noon; its id. `fields` override columns."""
        number = next(self._numbers)
        values = {
            "id": f"call_{number:04}",
            "carrier_sid": f"CA{number:032}",
            "direction": "inbound",
            "phone": phone,
            "state": CallState.ENDED,
            "outcome": Outcome.ABANDONED,
            "started_at": at(minute),
            "ended_at": at(minute + 1),
        }
        return self.add(Call(**(values | fields))).id

    def answered(self, phone: str | None = ANA, minute: float = 0, **fields: Any) -> str:
        """Adds a call answered half a minute after it rang; its id."""
        return self.call(phone, minute, outcome=Outcome.ANSWERED, answered_at=at(minute + 0.5), **fields)

    def note(self, call_id: str, body: str = "asked for a quote", minute: float = 0) -> str:
        """Adds a note to a call; its id."""
        note = self.do(notes.add_note, call_id, author="Mia", author_id=None, body=body, now=at(minute))
        return note.id

    def recording(self, call_id: str, minute: float = 0) -> str:
        """Adds a recording to a call; its id."""
        number = next(self._numbers)
        return self.add(
            Recording(
                id=f"rec_{number:04}",
                call_id=call_id,
                carrier_sid=f"RE{number:032}",
                kind="call",
                created_at=at(minute),
            )
        ).id

    def message(self, phone: str = ANA, minute: float = 0, **fields: Any) -> str:
        """Adds an incoming message; its id."""
        number = next(self._numbers)
        values: dict[str, Any] = {
            "id": f"msg_{number:04}",
            "direction": "inbound",
            "phone": phone,
            "from_raw": phone,
            "to_raw": OURS,
            "body": "hello",
            "status": "received",
            "created_at": at(minute),
            "received_at": at(minute),
        }
        return self.add(Message(**(values | fields))).id

    def derive(self, call_id: str, kind: str | None, phone: str | None = ANA) -> Promise | None:
        """The promise of the call, once it has been settled as this kind."""
        self.do(settle, call_id, kind, phone, at(999))
        return self.promise_of(call_id)

    def promise_of(self, call_id: str) -> Promise | None:
        """The promise that the call made, or that it is part of, if there is one."""
        return self.store.read_now(lambda session: promises.of_calls(session, [call_id])).get(call_id)

    def open_promises(self) -> list[Promise]:
        """The promises that are open, newest first."""
        return list(self.do(promises.find, state=PromiseState.OPEN, limit=200))

    def assign(self, call_id: str, customer_id: str | None, by: str = "mia") -> Call:
        """The call, once this customer has been assigned to it."""

        def verb(session: Session) -> Call:
            call = session.get_one(Call, call_id)
            customer_assignment.assign(session, call, customer_id, by, at(500))
            self._call_ended(session, call_id)
            return call

        return self.do(verb)

    def _call_ended(self, session: Session, call_id: str) -> None:
        """Does what the job of an assigned call does."""
        for noun in SEAMS.nouns:
            if noun.call_ended:
                noun.call_ended(session, cast("CallRuntime", None), call_id, at(999))

    def _linked(self, session: Session, customer_id: str) -> None:
        """Does what the job of a new number does."""
        for noun in SEAMS.nouns:
            if noun.linked:
                noun.linked(session, customer_id, at(999))

    def whose(self, call_id: str) -> tuple[str | None, str | None]:
        """The call's customer, and who identified them."""
        call = self.get(Call, call_id)
        return call.customer_id, call.identified_by

    def whose_note(self, note_id: str) -> str | None:
        """The note's customer."""
        return self.get(Note, note_id).customer_id
