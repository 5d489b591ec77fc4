"""Of the calls that owe a caller something, which make one promise together, and how it stands."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from callcrm.crm.promises.conversations import Conversation
from callcrm.models import PromiseKind, PromiseState

DUE_AFTER = {
    PromiseKind.MISSED: timedelta(minutes=30),
    PromiseKind.CALLBACK: timedelta(minutes=30),
    PromiseKind.VOICEMAIL: timedelta(minutes=60),
}
# What tells most of what the caller wants stands for the others.
RANK = {PromiseKind.MISSED: 0, PromiseKind.CALLBACK: 1, PromiseKind.VOICEMAIL: 2}
LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Debt:
    """What one call left owing, as its row has it; state and closing time count only if a user decided."""

    id: str
    kind: str
    created_at: datetime
    due_at: datetime
    arranged_by: str | None
    state: str
    closed_at: datetime | None
    kept_by: str | None
    decided_at: datetime | None

    @property
    def usually_due(self) -> datetime:
        """When it is due if nobody arranges otherwise."""
        return self.created_at + DUE_AFTER[PromiseKind(self.kind)]


@dataclass(slots=True)
class Group:
    """The debts of one promise, the earliest first, and the first conversation after that."""

    conversation: Conversation | None
    debts: list[Debt] = field(default_factory=list)

    @property
    def decision(self) -> Debt | None:
        """The debt of which a user decided last."""
        decided = [debt for debt in self.debts if debt.decided_at]
        return max(decided, key=lambda debt: debt.decided_at or LONG_AGO, default=None)

    def was_open(self, at: datetime) -> bool:
        """Whether the promise was open at this time, so that what is owed from then on is part of it."""
        decision = self.decision
        if decision and decision.state == PromiseState.OPEN and at >= (decision.decided_at or LONG_AGO):
            return True
        ends = [self.conversation.at] if self.conversation else []
        ends += [decision.closed_at] if decision and decision.closed_at else []
        return all(at < end for end in ends)

    def may_be_open_after(self, at: datetime) -> bool:
        """Whether it was open at this time, or may be at a later one: a user has opened it again."""
        decision = self.decision
        return self.was_open(at) or (decision is not None and decision.state == PromiseState.OPEN)

    @property
    def head(self) -> Debt:
        """The debt that is shown: decided by a user, else arranged, else the one that says most."""

        def weight(debt: Debt) -> tuple[datetime, bool, int]:
            return debt.decided_at or LONG_AGO, bool(debt.arranged_by), RANK[PromiseKind(debt.kind)]

        return max(self.debts, key=weight)

    @property
    def standing(self) -> dict[str, Any]:
        """State, closing time and keeping call of the promise, as columns."""
        if decision := self.decision:
            names = ("state", "closed_at", "kept_by")
            return {name: getattr(decision, name) for name in names}
        if self.conversation:
            at, call_id = self.conversation
            return {"state": PromiseState.KEPT, "closed_at": at, "kept_by": call_id}
        return {"state": PromiseState.OPEN, "closed_at": None, "kept_by": None}

    @property
    def due_at(self) -> datetime:
        """When it is due: as arranged, else at the earliest that any of its calls asks for."""
        head = self.head
        return head.due_at if head.arranged_by else min(debt.usually_due for debt in self.debts)


def grouped(debts: Iterable[Debt], first_after: Callable[[datetime], Conversation | None]) -> list[Group]:
    """The promises to one caller, whatever the order of the debts; `first_after` gives the first conversation
    with them after a time.
    """
    groups: list[Group] = []
    open_groups: list[Group] = []  # those that were, and that may be again: few, however many there are
    for debt in sorted(debts, key=lambda debt: (debt.created_at, debt.id)):
        open_groups = [group for group in open_groups if group.may_be_open_after(debt.created_at)]
        group = next((group for group in open_groups if group.was_open(debt.created_at)), None)
        if group is None:
            group = Group(first_after(debt.created_at))
            groups.append(group)
            open_groups.append(group)
        group.debts.append(debt)
    return _with_open_as_one(groups)


def _with_open_as_one(groups: list[Group]) -> list[Group]:
    """The groups, all open ones joined: a promise that a user opened again takes in what came after it."""
    still_open = [group.standing["state"] == PromiseState.OPEN for group in groups]
    if sum(still_open) < 2:
        return groups
    debts = [
        debt for group, is_open in zip(groups, still_open, strict=True) if is_open for debt in group.debts
    ]
    closed = [group for group, is_open in zip(groups, still_open, strict=True) if not is_open]
    return [*closed, Group(None, debts)]
