"""Ending an agent's own leg of a call, by the carrier's REST API."""

from functools import partial

from sqlmodel import Session, col, select

from callcrm.base.errors import Conflict
from callcrm.calls.outgoing.click_to_call import Services
from callcrm.models import Leg


async def drop_leg(services: Services, call_id: str, agent_id: str) -> None:
    """Ends the leg that rings, or connects, this agent; the flow takes a caller who is still there on.

    Nothing is changed in the store: the carrier's callbacks do that. Conflict if no leg of theirs rings yet
    or the call is over; CarrierDown and CarrierUnknown leave it uncertain whether the leg was ended.
    """
    sid = await services.store.read(partial(_open_leg, call_id=call_id, agent_id=agent_id))
    if sid is None:
        raise Conflict("Your phone does not ring for this call. Try again in a moment.")
    if not await services.rest_client.hang_up(sid):
        raise Conflict("This call is over already.")


def _open_leg(session: Session, call_id: str, agent_id: str) -> str | None:
    rung = select(Leg.carrier_sid).where(
        Leg.call_id == call_id, Leg.agent_id == agent_id, col(Leg.ended_at).is_(None)
    )
    return session.exec(rung.order_by(col(Leg.position).desc()).limit(1)).first()
