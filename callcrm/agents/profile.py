"""What an agent can do, for routing: the queues they serve, their skills and languages."""

import re
from collections.abc import Callable, Mapping

from sqlmodel import Session

from callcrm.base.errors import NotFound, Refused
from callcrm.base.text import one_line
from callcrm.live.announce import announce
from callcrm.live.kinds import LiveKind
from callcrm.models import Agent
from callcrm.models.versions import locked

MAX_ENTRIES = 50
LONGEST_ENTRY = 64
LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*")


def update_profile(session: Session, agent_id: str, changes: Mapping[str, object]) -> Agent:
    """The agent with these `queues` (None for every queue), `skills` and `languages`; what is not named
    stays. Refused or NotFound.
    """
    values = validate_profile(changes)
    agent = locked(session, Agent, agent_id)
    if agent is None:
        raise NotFound("there is no such agent", field="agent")
    for field, value in values.items():
        setattr(agent, field, value)
    session.flush()
    announce(session, LiveKind.AGENT_UPDATED, agent_id, to=[agent_id])
    return agent


def validate_profile(changes: Mapping[str, object]) -> dict[str, list[str] | None]:
    """The changes, normalised; Refused with the name of the first field that does not fit."""
    for field in changes:
        if field not in FIELDS:
            raise Refused("an agent has %(fields)s to change", field=field, fields=", ".join(FIELDS))
    return {field: FIELDS[field](field, value) for field, value in changes.items()}


def _names(field: str, value: object) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
        raise Refused("%(what)s is a list of texts", field=field, what=field)
    fits = len(value) <= MAX_ENTRIES and all(len(entry) <= LONGEST_ENTRY for entry in value)
    names = list(dict.fromkeys(one_line(entry) for entry in value)) if fits else []
    if not fits or not all(1 <= len(name) <= LONGEST_ENTRY for name in names):
        raise Refused(
            "%(what)s has at most %(most)s entries of 1 to %(long)s characters",
            field=field,
            what=field,
            most=MAX_ENTRIES,
            long=LONGEST_ENTRY,
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
