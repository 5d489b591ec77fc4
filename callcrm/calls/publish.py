"""Telling screens that people changed a call."""

from sqlmodel import Session, col, select

from callcrm.calls import pops
from callcrm.live.announce import announce
from callcrm.models import Call, Leg


def updated(session: Session, call: Call) -> None:
    """The call has changed: it goes to the agents concerned and to supervisors."""
    rung = session.exec(select(Leg.agent_id).where(Leg.call_id == call.id, col(Leg.agent_id).is_not(None)))
    concerned = {*rung, *pops.agents(session, call.id), call.agent_id} - {None}
    announce(session, "call.updated", call.id, to=sorted(one for one in concerned if one), supervisors=True)
