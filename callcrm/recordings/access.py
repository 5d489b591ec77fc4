"""Who may hear a recording: supervisors all of them, agents the calls they spoke on and messages to answer.

A message is theirs to answer if it was left in a queue they serve and is nobody else's; also if it was given
to them by a supervisor or by an agent of its queue, or fell to them because they spoke with that number last.
What agents decide themselves, whose promise it is or which customer called, opens nothing.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, cast, exists, false, func, literal, or_, select, true
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from callcrm.models import (
    Agent,
    Call,
    Leg,
    Outcome,
    Promise,
    Recording,
    RecordingKind,
    RecordingStatus,
    Role,
    User,
)

SUPERVISING = (Role.SUPERVISOR, Role.ADMIN)


def may_hear(session: Session, user_id: str | None, role: str, recording: Recording) -> bool:
    """Whether this user may hear the recording."""
    return recording.id in hearable_ids(session, user_id, role, [recording])


def hearable_ids(
    session: Session, user_id: str | None, role: str, recordings: Sequence[Recording]
) -> frozenset[str]:
    """The ids of those recordings this user may hear, in one statement at most."""
    existing = [recording.id for recording in recordings if recording.status != RecordingStatus.DELETED]
    return permitted_ids(session, user_id, role, existing)


def permitted_ids(session: Session, user_id: str | None, role: str, ids: Sequence[str]) -> frozenset[str]:
    """The ids of those of these recordings that this user may know the address of, deleted ones too."""
    if not ids or role in SUPERVISING:
        return frozenset(ids)
    statement = select(col(Recording.id)).where(col(Recording.id).in_(ids), permitted(user_id, role))
    return frozenset(session.connection().execute(statement).scalars())


def permitted(user_id: str | None, role: str) -> ColumnElement[bool]:
    """The condition for recordings whose audio is for this user, whether there is any yet, or any more."""
    if role in SUPERVISING:
        return true()
    if user_id is None or role != Role.AGENT:
        return false()
    message = and_(col(Recording.kind) == RecordingKind.VOICEMAIL, _to_answer(user_id))
    return or_(_spoken_on(user_id), message)


def _spoken_on(user_id: str) -> ColumnElement[bool]:
    # Aliases, since a query may have calls of its own.
    leg, call = aliased(Leg), aliased(Call)
    rung = (col(leg.call_id) == col(Recording.call_id), col(leg.agent_id) == user_id)
    answered = (col(call.id) == col(Recording.call_id), col(call.agent_id) == user_id)
    return or_(exists().where(*rung, col(leg.answered_at).is_not(None)), exists().where(*answered))


def _to_answer(user_id: str) -> ColumnElement[bool]:
    call, row, promise = aliased(Call), aliased(Promise), aliased(Promise)
    owner, giver = col(promise.owner_id), col(promise.assigned_by)
    serves = _serves(literal(user_id), call)
    theirs = and_(
        owner == user_id, or_(serves, _was_assigned(giver, user_id, call), _spoke_last(giver, user_id, call))
    )
    statement = (
        select(literal(1))
        .select_from(call)
        .outerjoin(row, col(row.call_id) == col(call.id))
        .outerjoin(promise, col(promise.id) == func.coalesce(col(row.part_of), col(row.id)))
        .where(col(call.id) == col(Recording.call_id), _is_agent(user_id))
        .where(or_(and_(owner.is_(None), serves), theirs))
    )
    return statement.correlate(Recording).exists()


def _is_agent(user_id: str) -> ColumnElement[bool]:
    agent = aliased(Agent)
    return exists().where(col(agent.id) == user_id)


def _serves(agent_id: Any, call: Any) -> ColumnElement[bool]:
    """Whether the agent serves the call's queue. Their queues are JSON; names of queues need no escaping."""
    agent = aliased(Agent)
    queues, named = cast(col(agent.queues), Text), literal('"') + col(call.queue) + literal('"')
    any_queue = or_(col(agent.queues).is_(None), col(call.queue).is_(None))
    return exists().where(
        col(agent.id) == agent_id, or_(any_queue, func.replace(queues, named, "") != queues)
    )


def _was_assigned(giver: Any, user_id: str, call: Any) -> ColumnElement[bool]:
    """Whether somebody else gave it to them who may hear it: a supervisor, or an agent of its queue."""
    user = aliased(User)
    supervisor = exists().where(col(user.id) == giver, col(user.role).in_(SUPERVISING))
    return and_(giver != user_id, or_(supervisor, _serves(giver, call)))


def _spoke_last(giver: Any, user_id: str, call: Any) -> ColumnElement[bool]:
    """Whether it fell to them, and they had spoken with that number before."""
    earlier = aliased(Call)
    spoke = exists().where(
        col(earlier.phone) == col(call.phone),
        col(earlier.agent_id) == user_id,
        col(earlier.outcome) == Outcome.ANSWERED,
        col(earlier.started_at) < col(call.started_at),
    )
    return and_(giver.is_(None), spoke)
