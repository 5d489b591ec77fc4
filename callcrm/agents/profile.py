"""What an agent can do, and the ways they can be reached."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime

from sqlmodel import Session

from callcrm.base.errors import NotFound, Refused
from callcrm.base.text import clean
from callcrm.ivr.steps import Target
from callcrm.live.announce import announce
from callcrm.live.kinds import LiveKind
from callcrm.models import Agent, User

MOST = 50
LONGEST = 64
LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*")


def patch(session: Session, agent_id: str, changes: Mapping[str, object]) -> Agent:
    """The agent with these queues (null: every queue), skills and languages; what isn't named stays."""
    values = validated(changes)
    agent = session.get(Agent, agent_id)
    if agent is None:
        raise NotFound("there is no such agent", field="agent")
    for field, value in values.items():
        setattr(agent, field, value)
    session.flush()
    announce(session, LiveKind.AGENT_UPDATED, agent_id, to=[agent_id])
    return agent


def validated(changes: Mapping[str, object]) -> dict[str, list[str] | None]:
    """The changes, tidied; Refused with the name of the first field that does not fit."""
    for field in changes:
        if field not in FIELDS:
            raise Refused("an agent has %(fields)s to change", field=field, fields=", ".join(FIELDS))
    return {field: FIELDS[field](field, value) for field, value in changes.items()}


def _names(field: str, value: object) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise Refused("%(what)s is a list of texts", field=field, what=field)
    names = list(dict.fromkeys(" ".join(clean(one).split()) for one in value))
    if len(names) > MOST or not all(1 <= len(name) <= LONGEST for name in names):
        raise Refused(
            "%(what)s has at most %(most)s entries of 1 to %(long)s characters",
            field=field,
            what=field,
            most=MOST,
            long=LONGEST,
        )
    return names


def _names_or_all(field: str, value: object) -> list[str] | None:
    return None if value is None else _names(field, value)


def _languages(field: str, value: object) -> list[str]:
    tags = list(dict.fromkeys(name.lower() for name in _names(field, value)))
    if not all(LANGUAGE.fullmatch(tag) for tag in tags):
        raise Refused("a language is a tag such as en, fa or de-ch", field=field)
    return tags


FIELDS: dict[str, Callable[[str, object], list[str] | None]] = {
    "queues": _names_or_all,
    "skills": _names,
    "languages": _languages,
}


def reachable(agent: Agent, user: User, now: datetime) -> list[str]:
    """The ways to reach the agent at this moment, the one tried first at the front: softphone, phone."""
    softphone, phone = _live(agent.softphone_until, now), bool(user.number)
    return ["softphone"] * softphone + ["phone"] * phone


def target_for(agent: Agent, user: User, now: datetime) -> Target | None:
    """Where the agent is to be rung: their live softphone, else their phone, or None."""
    return target(agent.id, agent.softphone_until, user.number, now)


def target(
    agent_id: str, softphone_until: datetime | None, number: str | None, now: datetime
) -> Target | None:
    """The same from the bare facts; a phone is screened, so that its voicemail never answers for a human."""
    if _live(softphone_until, now):
        return Target(address=agent_id, kind="softphone", agent=agent_id)
    return Target(address=number, agent=agent_id, screen=True) if number else None


def _live(softphone_until: datetime | None, now: datetime) -> bool:
    return softphone_until is not None and softphone_until > now
