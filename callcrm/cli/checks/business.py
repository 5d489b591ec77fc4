"""Whether what the business has set under Settings makes sense to this version of ours."""

from collections.abc import Callable
from typing import Any

from sqlmodel import Session

from callcrm.business import fields, modules, settings, surveys, tiers
from callcrm.crm.complaints import policy
from callcrm.crm.conduct import settings as conduct
from callcrm.crm.forms import origins
from callcrm.crm.subjects import subjects

READERS: tuple[Callable[[Session], Any], ...] = (
    tiers.get,
    modules.off,
    fields.hidden,
    surveys.get,
    policy.get,
    conduct.get,
    origins.get,
    subjects.tree,
)


def unreadable_settings(session: Session) -> list[str]:
    """The names of those of which this version makes nothing, so that their default counts."""
    with settings.noting_unreadable() as unreadable:
        for read in READERS:
            read(session)
    return unreadable
