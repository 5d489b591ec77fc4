"""Who may hear a recording."""

from collections.abc import Iterable, Sequence

from sqlmodel import Session, col, select

from callcrm.models import Agent, Call, Leg, Promise, Recording, RecordingKind, RecordingStatus, Role


def may_hear(session: Session, user_id: str | None, role: str, recording: Recording) -> bool:
    """Supervisors hear everything; agents the calls they spoke on, and voicemail they may have to answer."""
    return recording.id in heard_by(session, user_id, role, [recording])


def heard_by(
    session: Session, user_id: str | None, role: str, recordings: Sequence[Recording]
) -> frozenset[str]:
    """The ids of those recordings this one may hear, however many there are."""
    there = [one for one in recordings if one.status != RecordingStatus.DELETED]
    if role in (Role.SUPERVISOR, Role.ADMIN):
        return frozenset(one.id for one in there)
    if user_id is None or role != Role.AGENT or not there:
        return frozenset()
    spoke = _spoke(session, user_id, {one.call_id for one in there})
    messages = [one for one in there if one.kind == RecordingKind.VOICEMAIL and one.call_id not in spoke]
    returns = _returns(session, user_id, {one.call_id for one in messages}) if messages else frozenset()
    mine = {one.id for one in there if one.call_id in spoke}
    return frozenset(mine | {one.id for one in messages if one.call_id in returns})


def _spoke(session: Session, user_id: str, calls: Iterable[str]) -> frozenset[str]:
    """The calls of these that they spoke on."""
    legs = select(Leg.call_id).where(
        col(Leg.call_id).in_(calls), Leg.agent_id == user_id, col(Leg.answered_at).is_not(None)
    )
    own = select(Call.id).where(col(Call.id).in_(calls), Call.agent_id == user_id)
    return frozenset(session.exec(legs)) | frozenset(session.exec(own))


def _returns(session: Session, user_id: str, calls: Iterable[str]) -> frozenset[str]:
    """The calls whose message is theirs to answer: by name, or nobody's and left to a queue they serve."""
    agent = session.get(Agent, user_id)
    if agent is None:
        return frozenset()
    asked = (
        select(Call.id, Call.queue, Promise.owner_id)
        .join(Promise, col(Promise.call_id) == col(Call.id), isouter=True)
        .where(col(Call.id).in_(calls))
    )
    return frozenset(
        call
        for call, queue, owner in session.exec(asked)
        if owner == user_id or (not owner and _serves(agent, queue))
    )


def _serves(agent: Agent, queue: str | None) -> bool:
    return agent.queues is None or queue is None or queue in agent.queues
