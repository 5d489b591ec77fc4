"""Telling screens that people changed a call."""

from sqlmodel import Session, col, select, union

from callcrm.live.announce import announce
from callcrm.live.kinds import LiveKind
from callcrm.models import Call, Leg, Pop


def call_updated(session: Session, call: Call) -> None:
    """Tell the agents concerned (who was rung, who got the pop, who spoke) and supervisors."""
    rung = select(Leg.agent_id).where(Leg.call_id == call.id, col(Leg.agent_id).is_not(None))
    popped = select(Pop.agent_id).where(Pop.call_id == call.id)
    concerned = {*session.execute(union(rung, popped)).scalars(), call.agent_id}
    to = sorted(agent for agent in concerned if agent)
    announce(session, LiveKind.CALL_UPDATED, call.id, to=to)
