"""Where an agent is rung: their softphone while its lease lasts, else their phone."""

from datetime import datetime

from callcrm.ivr.steps import Target
from callcrm.models import Agent, User


def reachable_by(agent: Agent, user: User, now: datetime) -> list[str]:
    """How the agent can be rung now, in the order it is tried: `softphone`, `phone`."""
    softphone, phone = _is_live(agent.softphone_until, now), bool(user.number)
    return ["softphone"] * softphone + ["phone"] * phone


def target_for(agent: Agent, user: User, now: datetime) -> Target | None:
    """Where to ring the agent now; None if they can't be rung."""
    return choose_target(agent.id, agent.softphone_until, user.number, now)


def choose_target(
    agent_id: str, softphone_until: datetime | None, number: str | None, now: datetime
) -> Target | None:
    """Where to ring an agent with this lease and number; None if they can't be rung.

    A phone is screened ("press 1 to accept"), so that its voicemail never answers for the agent.
    """
    if _is_live(softphone_until, now):
        return Target(address=agent_id, kind="softphone", agent=agent_id)
    return Target(address=number, agent=agent_id, screen=True) if number else None


def _is_live(softphone_until: datetime | None, now: datetime) -> bool:
    return softphone_until is not None and softphone_until > now
