"""What a business decides about conduct."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from callcrm.base.errors import Refused
from callcrm.business import settings

NAME = "conduct"
MOST_MINUTES = 120
MOST_DAYS = 730
FIELDS = ("cool_down_minutes", "review_days")


@dataclass(frozen=True, slots=True)
class ConductSettings:
    """How long an agent's cool-down is, 0 for none; and after how many days a step is looked at again."""

    cool_down_minutes: int = 10
    review_days: int = 90

    @property
    def review(self) -> timedelta:
        """The time until a step is looked at again."""
        return timedelta(days=self.review_days)


def get(session: Session) -> ConductSettings:
    """The settings, or those out of the box."""
    return settings.sense(NAME, settings.get(session, NAME).value, _made, ConductSettings())


def _made(value: Any) -> ConductSettings:
    fresh = ConductSettings()
    minutes, days = (int((value or {}).get(name, getattr(fresh, name))) for name in FIELDS)
    return ConductSettings(minutes, days)


def put(session: Session, minutes: int, days: int, *, by: str, now: datetime) -> ConductSettings:
    """Other settings. Refused beyond two hours, or two years."""
    if not 0 <= minutes <= MOST_MINUTES:
        raise Refused("A cool-down takes 0 to %(most)s minutes.", field="minutes", most=MOST_MINUTES)
    if not 1 <= days <= MOST_DAYS:
        raise Refused("A review comes after 1 to %(most)s days.", field="days", most=MOST_DAYS)
    value = {"cool_down_minutes": minutes, "review_days": days}
    return ConductSettings(**settings.put(session, NAME, value, by=by, now=now).value)
