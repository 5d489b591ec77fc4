"""What the business decides of complaints: the clock of each stage, and its list of root causes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from sqlmodel import Session

from callcrm.base.errors import Refused
from callcrm.base.text import one_line
from callcrm.business import settings
from callcrm.business.hours import after
from callcrm.i18n.locale import Locale
from callcrm.ivr.flows.hours import Hours
from callcrm.models.crm.complaint import Stage

NAME = "complaints"
LONGEST_HOURS = 10_000
MOST_CAUSES, LONGEST_CAUSE = 40, 80
# Business hours after the complaint by which each stage is to be reached.
HOURS: Mapping[Stage, int] = MappingProxyType(
    {Stage.ACKNOWLEDGED: 2, Stage.INVESTIGATING: 8, Stage.OFFERED: 16, Stage.FOLLOWING_UP: 24}
)
DUE_HOURS = 8
CALL_HOURS = 8  # until a call that is promised is due
DEFAULT_CAUSES = ("product", "delivery", "work", "behaviour", "information", "bill", "waiting", "other")


@dataclass(frozen=True, slots=True)
class Cause:
    """A root cause: its code, and what people call it."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Policy:
    """Business hours by stage and until all is due; the root causes in their order, None for those that come
    out of the box; `version` grows with each change.
    """

    hours: Mapping[Stage, int]
    due_hours: int
    causes: Sequence[Cause] | None
    version: int = settings.FIRST_VERSION

    @property
    def cause_codes(self) -> frozenset[str]:
        """The codes of all root causes."""
        return frozenset(DEFAULT_CAUSES if self.causes is None else (cause.code for cause in self.causes))

    def due_at(self, hours: Hours, opened_at: datetime) -> datetime:
        """When a complaint is due, if nobody sets it."""
        return _after(hours, opened_at, self.due_hours)

    def call_due(self, hours: Hours, now: datetime) -> datetime:
        """When a call to the customer is due that is promised now."""
        return _after(hours, now, CALL_HOURS)

    def stage_due(self, hours: Hours, opened_at: datetime, stage: Stage) -> datetime | None:
        """By when this stage is to be reached; None for one without a clock."""
        return _after(hours, opened_at, self.hours[stage]) if stage in self.hours else None


def _after(hours: Hours, moment: datetime, number: int) -> datetime:
    """So many business hours later; by the clock on the wall for a business that never opens."""
    return after(hours, moment, number * 60) or moment + timedelta(hours=number)


def get(session: Session) -> Policy:
    """What holds now."""
    return _policy(settings.get(session, NAME))


def lock(session: Session, now: datetime) -> Policy:
    """The same, which no other verb changes before this one's commit."""
    return _policy(settings.lock(session, NAME, now))


def _policy(stored: settings.Stored) -> Policy:
    return settings.sense(NAME, stored, _read, _read(settings.Stored(None, stored.version)))


def _read(stored: settings.Stored) -> Policy:
    value = stored.value or {}
    hours = value.get("hours", {})
    causes = value.get("causes")
    return Policy(
        hours={stage: int(hours.get(stage, default)) for stage, default in HOURS.items()},
        due_hours=int(value.get("due_hours", DUE_HOURS)),
        causes=None if causes is None else [Cause(cause["code"], cause["name"]) for cause in causes],
        version=stored.version,
    )


def put(session: Session, policy: Policy, *, by: str | None, now: datetime) -> Policy:
    """What holds from now on; Refused for hours that are none and causes without a name."""
    for stage, number in (*policy.hours.items(), ("due", policy.due_hours)):
        if not 1 <= number <= LONGEST_HOURS:
            raise Refused("Business hours must be 1 to %(most)s.", field=stage, most=LONGEST_HOURS)
    value = {
        "hours": {str(stage): number for stage, number in policy.hours.items()},
        "due_hours": policy.due_hours,
        "causes": None if policy.causes is None else _checked(policy.causes),
    }
    return _policy(settings.put(session, NAME, value, by=by, now=now))


def _checked(causes: Sequence[Cause]) -> list[dict[str, str]]:
    if not 1 <= len(causes) <= MOST_CAUSES:
        raise Refused("Name 1 to %(most)s root causes.", field="causes", most=MOST_CAUSES)
    checked = [{"code": cause.code, "name": one_line(cause.name)} for cause in causes]
    if any(not cause["name"] or len(cause["name"]) > LONGEST_CAUSE for cause in checked):
        raise Refused(
            "A root cause has a name of at most %(most)s letters.", field="causes", most=LONGEST_CAUSE
        )
    if len({cause["code"] for cause in checked}) < len(checked):
        raise Refused("Two root causes are the same.", field="causes")
    return checked


def causes(policy: Policy, locale: Locale) -> list[Cause]:
    """The root causes in their order, as people call them."""
    if policy.causes is not None:
        return list(policy.causes)
    names = {
        "product": locale._("The product itself"),
        "delivery": locale._("Delivery"),
        "work": locale._("How the work was done"),
        "behaviour": locale._("How somebody behaved"),
        "information": locale._("What we promised or wrote"),
        "bill": locale._("Price or bill"),
        "waiting": locale._("Waiting too long"),
        "other": locale._("Something else"),
    }
    return [Cause(code, names[code]) for code in DEFAULT_CAUSES]
