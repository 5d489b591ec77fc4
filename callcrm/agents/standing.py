"""Which of many sessions are still good: asked once for all the streams that hang on them."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import or_
from sqlmodel import Session, col, select

from callcrm.agents.signins import AT_WORK, IDLE
from callcrm.models import Agent, Role, SignIn, User


def standing(session: Session, signins: Collection[str], now: datetime) -> dict[str, bool]:
    """Those of these sessions that are not over, and whether their user supervises now."""
    awake = or_(col(SignIn.acted_at) >= now - IDLE, col(Agent.state).in_(AT_WORK))
    statement = (
        select(SignIn.id, User.role)
        .join(User, col(User.id) == col(SignIn.user_id))
        .join(Agent, col(Agent.id) == col(User.id), isouter=True)
        .where(col(SignIn.id).in_(signins), col(SignIn.ends_at) > now, col(User.disabled_at).is_(None), awake)
    )
    return {signin: role in (Role.SUPERVISOR, Role.ADMIN) for signin, role in session.exec(statement)}
