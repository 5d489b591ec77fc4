"""Who may hear a recording."""

from sqlmodel import Session, col, select

from callcrm.models import Agent, Call, Leg, Promise, Recording, RecordingKind, RecordingStatus, Role


def may_hear(session: Session, user_id: str | None, role: str, recording: Recording) -> bool:
    """Supervisors hear everything; agents the calls they spoke on, and voicemail they may have to answer."""
    if recording.status == RecordingStatus.DELETED:
        return False
    if role in (Role.SUPERVISOR, Role.ADMIN):
        return True
    if user_id is None or role != Role.AGENT:
        return False
    if _spoke(session, user_id, recording.call_id):
        return True
    return recording.kind == RecordingKind.VOICEMAIL and _returns(session, user_id, recording.call_id)


def _spoke(session: Session, user_id: str, call_id: str) -> bool:
    leg = select(Leg.carrier_sid).where(
        Leg.call_id == call_id, Leg.agent_id == user_id, col(Leg.answered_at).is_not(None)
    )
    call = select(Call.id).where(Call.id == call_id, Call.agent_id == user_id)
    return session.exec(leg).first() is not None or session.exec(call).first() is not None


def _returns(session: Session, user_id: str, call_id: str) -> bool:
    """Whether the message is theirs to answer: by name, or nobody's and left to a queue they serve."""
    found = session.exec(
        select(Call.queue, Promise.owner_id)
        .join(Promise, col(Promise.call_id) == col(Call.id), isouter=True)
        .where(Call.id == call_id)
    ).first()
    agent = session.get(Agent, user_id)
    if found is None or agent is None:
        return False
    queue, owner = found
    if owner:
        return bool(owner == user_id)
    return agent.queues is None or queue is None or queue in agent.queues
