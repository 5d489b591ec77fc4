"""Everybody's tier, looked at again: each night, for what time changes, and after a change of the rules.

It goes through all customers, some in each transaction, and goes on where it stopped, whoever was killed.
"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session, select

from callcrm.business.decided import tiers_in_force
from callcrm.business.tiers import Tiers
from callcrm.calls.runtime import CallRuntime
from callcrm.crm.noun import Duty
from callcrm.crm.tiers import facts, standing
from callcrm.models.crm.purchase import Purchase
from callcrm.models.crm.tier import THE_RUN, TierRun
from callcrm.models.delete_some import SOME

SECONDS = 21.0  # between two looks at whether there is something to do
NIGHT = timedelta(hours=3)  # of the day, at the business
AT_A_STRETCH = timedelta(seconds=60)


def nightly(session: Session, runtime: CallRuntime, now: datetime) -> int:
    """Goes on with a run, or begins one that is due; returns SOME while there is more to do."""
    tiers = tiers_in_force(session)
    run = session.get(TierRun, THE_RUN)
    if not tiers.items or not _is_due(session, run, tiers, runtime.settings.zone, now):
        return 0
    if run and run.resumed_at and abs(now - run.resumed_at) > AT_A_STRETCH:
        run.resumed_at = None  # others are to have their turn
        return 0
    return SOME if _go_on(session, tiers, run, now) else 0


DUTY = Duty("look at everybody's tier again", SECONDS, nightly)


def step(session: Session, now: datetime) -> None:
    """Begins a run, and looks at the first customers at once."""
    tiers = tiers_in_force(session)
    if tiers.items:
        _go_on(session, tiers, _begin(session, session.get(TierRun, THE_RUN), tiers, now), now)


def everybody(session: Session, now: datetime) -> None:
    """Looks at all customers at once: for a store that is being filled, whose indexes are made at the end."""
    tiers = tiers_in_force(session)
    rows = standing.everybody(session)
    standing.write(session, tiers, rows, facts.of_everybody(session, tiers.items, now), now)
    _begin(session, session.get(TierRun, THE_RUN), tiers, now).after = None
    session.flush()


def _is_due(session: Session, run: TierRun | None, tiers: Tiers, zone: ZoneInfo, now: datetime) -> bool:
    if run is None:  # as long as nothing was bought, nobody is in a tier of those out of the box
        return tiers.stored or session.exec(select(Purchase.id).limit(1)).first() is not None
    under_way = run.after is not None
    # Another night, not a later one: a clock that was wrong once must not end all nights until that day.
    other_night = _night(now, zone) != _night(run.began_at, zone)
    return under_way or run.tiers_version != tiers.version or other_night


def _night(moment: datetime, zone: ZoneInfo) -> int:
    return (moment.astimezone(zone) - NIGHT).toordinal()


def _begin(session: Session, run: TierRun | None, tiers: Tiers, now: datetime) -> TierRun:
    run = run or TierRun(tiers_version=0, began_at=now)
    run.tiers_version, run.began_at, run.resumed_at, run.after = tiers.version, now, now, ""
    session.add(run)
    return run


def _go_on(session: Session, tiers: Tiers, run: TierRun | None, now: datetime) -> bool:
    """Looks at some customers; whether there are more."""
    if run is None or run.after is None or run.tiers_version != tiers.version:
        run = _begin(session, run, tiers, now)
    run.resumed_at = run.resumed_at or now
    batch = standing.next_batch(session, run.after or "", lock=True)
    if batch:
        bought = facts.of_range(session, tiers.items, run.after or "", batch[-1].customer_id, now)
        standing.write(session, tiers, batch, bought, now)
    run.after, run.resumed_at = (batch[-1].customer_id, run.resumed_at) if batch else (None, None)
    return bool(batch)
