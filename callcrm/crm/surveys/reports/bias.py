"""Who answers and who does not: the shares of a group among those asked and among those who answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from sqlalchemy import func
from sqlmodel import Session, col, select

from callcrm.agents.principal import Principal
from callcrm.crm.surveys.reports import results
from callcrm.crm.surveys.reports.results import GroupBy
from callcrm.crm.surveys.responses import ResponseFilter
from callcrm.models import Call, Direction, Outcome

LOOKED_AT = (GroupBy.TALK, GroupBy.QUEUE, GroupBy.TIER, GroupBy.LANGUAGE)
FEW = 20  # answers; of fewer no share says anything
UNEVEN = 0.1  # by which a share among the answers differs from that among the asked


@dataclass(frozen=True, slots=True)
class Share:
    """A group's share of those asked, and of those who answered."""

    key: str
    asked: int
    answered: int
    of_asked: float
    of_answered: float | None

    @property
    def gap(self) -> float:
        """How much more of the answers are theirs than of the questions: above 0 they answer more readily."""
        return 0.0 if self.of_answered is None else self.of_answered - self.of_asked


@dataclass(frozen=True, slots=True)
class Comparison:
    """The groups of one kind; `uneven` are those whose share differs so much that the score leans to it."""

    by: GroupBy
    shares: Sequence[Share]
    uneven: Sequence[Share]


def compare(session: Session, user: Principal, wanted: ResponseFilter, zone: tzinfo) -> Sequence[Comparison]:
    """The comparisons that have more than one group."""
    compared = [_comparison(session, user, wanted, by, zone) for by in LOOKED_AT]
    return [comparison for comparison in compared if len(comparison.shares) > 1]


def _comparison(
    session: Session, user: Principal, wanted: ResponseFilter, by: GroupBy, zone: tzinfo
) -> Comparison:
    groups = results.grouped(session, user, wanted, by, zone)
    total_asked = sum(group.asked for group in groups)
    total_answered = sum(group.answered for group in groups)
    shares = [
        Share(
            group.key,
            group.asked,
            group.answered,
            group.asked / total_asked,
            group.answered / total_answered if total_answered else None,
        )
        for group in groups
    ]
    uneven = [share for share in shares if total_answered >= FEW and abs(share.gap) >= UNEVEN]
    return Comparison(by, shares, sorted(uneven, key=lambda share: -abs(share.gap)))


def answered_calls(session: Session, user: Principal, since: datetime | None, until: datetime | None) -> int:
    """How many incoming calls of the period were answered, the user's own for an agent: those who could have
    been asked.
    """
    started = col(Call.started_at)
    counted = select(func.count()).where(
        col(Call.direction) == Direction.INBOUND, col(Call.outcome) == Outcome.ANSWERED
    )
    if not user.supervises:
        counted = counted.where(col(Call.agent_id) == (user.user_id or ""))
    counted = counted.where(started >= since) if since else counted
    counted = counted.where(started < until) if until else counted
    return session.exec(counted).one()
