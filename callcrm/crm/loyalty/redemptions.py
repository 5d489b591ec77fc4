"""Redemptions: taken, asked for and approved, undone, listed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select, tuple_

from callcrm.base.errors import Conflict, NotFound, Refused, RefusedByRule
from callcrm.base.ids import new_id
from callcrm.base.text import one_line
from callcrm.crm.loyalty import programmes
from callcrm.crm.loyalty.parameters import Points
from callcrm.crm.loyalty.standing import Obstacle, Standing, standings
from callcrm.customers import customers
from callcrm.live.announce import announce
from callcrm.live.kinds import LiveKind
from callcrm.models import Call
from callcrm.models.crm.loyalty import Programme, Redemption, RedemptionState
from callcrm.models.versions import locked

LONGEST_TEXT = 200
NOTHING, NEEDS_APPROVAL = "nothing-to-redeem", "needs-approval"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who redeems, when, and where: `supervises` those who approve, `zone` the business's."""

    id: str
    supervises: bool
    now: datetime
    zone: ZoneInfo


def redeem(
    session: Session,
    customer_id: str,
    programme_id: str,
    actor: Actor,
    *,
    note: str = "",
    points: int | None = None,
    call_id: str | None = None,
) -> Redemption:
    """A reward, taken; or asked for, where its programme needs approval and the actor gives none.

    The customer is locked meanwhile, so of two who redeem the same one gets it. RefusedByRule
    `nothing-to-redeem`. A wish that waits already is returned as it is, or approved by a supervisor.
    """
    customers.lock(session, customer_id)
    programme = _programme(session, programme_id)
    if call_id is not None and session.get(Call, call_id) is None:
        raise Refused("There is no such call.", field="call")
    standing = _standing(session, customer_id, programme, actor)
    spent = _spent(standing, points)
    is_allowed = actor.supervises or not standing.parameters.needs_approval
    if standing.taken.pending:
        pending = lock(session, standing.taken.pending)
        return _take(session, pending, standing, spent, actor, decides=True) if is_allowed else pending
    row = Redemption(
        id=new_id("rdm", actor.now),
        customer_id=customer_id,
        programme_id=programme.id,
        state=RedemptionState.REQUESTED,
        note=_text(note, "note"),
        spent=spent,
        on_call=call_id,
        created_by=actor.id,
        created_at=actor.now,
    )
    if is_allowed:
        return _take(session, row, standing, spent, actor)
    return _saved(session, row)


def approve(session: Session, redemption_id: str, actor: Actor) -> Redemption:
    """What an agent asked for, given. RefusedByRule `nothing-to-redeem` if it is there no more."""
    row = lock(session, redemption_id)
    _check_state(row, RedemptionState.REQUESTED)
    standing = _standing(session, row.customer_id, programmes.get(session, row.programme_id), actor)
    return _take(session, row, standing, _spent(standing, row.spent or None), actor, decides=True)


def refuse(session: Session, redemption_id: str, reason: str, actor: Actor) -> Redemption:
    """What an agent asked for, refused; the reason may be left out."""
    row = lock(session, redemption_id)
    _check_state(row, RedemptionState.REQUESTED)
    return _decided(session, row, RedemptionState.REFUSED, _text(reason, "reason"), actor)


def undo(session: Session, redemption_id: str, reason: str, actor: Actor) -> Redemption:
    """A redemption that spends nothing any more; Refused without a reason."""
    row = lock(session, redemption_id)
    _check_state(row, RedemptionState.REDEEMED)
    text = _text(reason, "reason")
    if not text:
        raise Refused("Say why it is undone.", field="reason")
    return _decided(session, row, RedemptionState.UNDONE, text, actor)


def get(session: Session, redemption_id: str) -> Redemption:
    """The redemption of this id; NotFound."""
    return _existing(session.get(Redemption, redemption_id))


def lock(session: Session, redemption_id: str) -> Redemption:
    """The redemption as it is now, locked until the commit with its customer, as `redeem` does; NotFound."""
    customers.lock(session, get(session, redemption_id).customer_id)
    return _existing(locked(session, Redemption, redemption_id))


def find(
    session: Session,
    *,
    customer: str | None = None,
    programme: str | None = None,
    state: str | None = None,
    decided: bool = False,
    after: tuple[datetime, str] | None = None,
    limit: int,
) -> Sequence[Redemption]:
    """Redemptions, newest first; `decided`: without those that wait for approval."""
    key = (col(Redemption.created_at), col(Redemption.id))
    newest = select(Redemption).order_by(*(column.desc() for column in key)).limit(limit)
    wanted = {"customer_id": customer, "programme_id": programme, "state": state}
    for name, value in wanted.items():
        if value is not None:
            newest = newest.where(getattr(Redemption, name) == value)
    if decided:
        newest = newest.where(Redemption.state != RedemptionState.REQUESTED)
    if after is not None:
        newest = newest.where(tuple_(*key) < after)
    return session.exec(newest).all()


def _programme(session: Session, programme_id: str) -> Programme:
    try:
        programme = programmes.get(session, programme_id)
    except NotFound:
        raise Refused("There is no such programme.", field="programme") from None
    if not programme.active:
        raise RefusedByRule("This programme is switched off.", code=NOTHING, field="programme")
    return programme


def _standing(session: Session, customer_id: str, programme: Programme, actor: Actor) -> Standing:
    shown = standings(session, [customer_id], [programme], now=actor.now, zone=actor.zone)
    return shown[customer_id][0]


def _spent(standing: Standing, points: int | None) -> int:
    """What the redemption takes; RefusedByRule where there is nothing, or not so much."""
    if standing.obstacle == Obstacle.LIMIT:
        raise RefusedByRule("They have had this as often as the programme allows.", code=NOTHING)
    if standing.obstacle is not None:
        raise RefusedByRule("This programme is not for this customer yet.", code=NOTHING)
    if not standing.is_due:
        raise RefusedByRule("There is nothing to redeem yet.", code=NOTHING)
    if not isinstance(standing.parameters, Points) or points is None:
        return standing.spends
    if points > standing.spends:
        raise RefusedByRule("There are not so many points to redeem.", code=NOTHING, field="points")
    return points


def _take(
    session: Session, row: Redemption, standing: Standing, spent: int, actor: Actor, *, decides: bool = False
) -> Redemption:
    worth = standing.worth_of(spent)
    row.state, row.redeemed_at, row.spent = RedemptionState.REDEEMED, actor.now, spent
    row.worth, row.currency = (worth.amount, worth.currency) if worth else (None, None)
    if decides:
        row.decided_by, row.decided_at = actor.id, actor.now
    return _saved(session, row)


def _decided(
    session: Session, row: Redemption, state: RedemptionState, reason: str, actor: Actor
) -> Redemption:
    row.state, row.reason, row.decided_by, row.decided_at = state, reason, actor.id, actor.now
    return _saved(session, row)


def _saved(session: Session, row: Redemption) -> Redemption:
    """Saves it, and tells whoever asked, and supervisors."""
    session.add(row)
    session.flush()
    announce(session, LiveKind.REDEMPTION_UPDATED, row.id, to=[row.created_by] if row.created_by else [])
    return row


def _check_state(row: Redemption, state: RedemptionState) -> None:
    if row.state != state:
        raise Conflict("Somebody else has decided about this meanwhile.")


def _existing(row: Redemption | None) -> Redemption:
    if row is None:
        raise NotFound("There is no such redemption.")
    return row


def _text(text: str, field: str) -> str:
    line = one_line(text)
    if len(line) > LONGEST_TEXT:
        raise Refused("Say it in fewer words.", field=field)
    return line
