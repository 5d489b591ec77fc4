"""Who may hear a recording."""

from collections.abc import Iterable, Sequence

from sqlmodel import Session, col, select

from callcrm.models import Agent, Call, Leg, Promise, Recording, RecordingKind, RecordingStatus, Role


def may_hear(session: Session, user_id: str | None, role: str, recording: Recording) -> bool:
    """Supervisors hear everything; agents the calls they spoke on, and voicemail they may have to answer."""
    return recording.id in hearable_ids(session, user_id, role, [recording])


def hearable_ids(
    session: Session, user_id: str | None, role: str, recordings: Sequence[Recording]
) -> frozenset[str]:
    """The ids of those recordings this user may hear, in four statements at most, however many there are."""
    existing = [recording for recording in recordings if recording.status != RecordingStatus.DELETED]
    if role in (Role.SUPERVISOR, Role.ADMIN):
        return frozenset(recording.id for recording in existing)
    if user_id is None or role != Role.AGENT or not existing:
        return frozenset()
    spoken_on = _spoken_on(session, user_id, {recording.call_id for recording in existing})
    unspoken = {
        recording.call_id
        for recording in existing
        if recording.kind == RecordingKind.VOICEMAIL and recording.call_id not in spoken_on
    }
    to_answer = _to_answer(session, user_id, unspoken) if unspoken else frozenset()
    return frozenset(
        recording.id
        for recording in existing
        if recording.call_id in spoken_on
        or (recording.kind == RecordingKind.VOICEMAIL and recording.call_id in to_answer)
    )


def _spoken_on(session: Session, user_id: str, calls: Iterable[str]) -> frozenset[str]:
    """Those of the calls that this agent spoke on."""
    legs = select(Leg.call_id).where(
        col(Leg.call_id).in_(calls), Leg.agent_id == user_id, col(Leg.answered_at).is_not(None)
    )
    answered = select(Call.id).where(col(Call.id).in_(calls), Call.agent_id == user_id)
    return frozenset(session.exec(legs)) | frozenset(session.exec(answered))


def _to_answer(session: Session, user_id: str, calls: Iterable[str]) -> frozenset[str]:
    """The calls whose message this agent has to answer: theirs by name, or nobody's in a queue they serve."""
    agent = session.get(Agent, user_id)
    if agent is None:
        return frozenset()
    statement = (
        select(Call.id, Call.queue, Promise.owner_id)
        .join(Promise, col(Promise.call_id) == col(Call.id), isouter=True)
        .where(col(Call.id).in_(calls))
    )
    return frozenset(
        call
        for call, queue, owner in session.exec(statement)
        if owner == user_id or (not owner and _serves(agent, queue))
    )


def _serves(agent: Agent, queue: str | None) -> bool:
    return agent.queues is None or queue is None or queue in agent.queues
