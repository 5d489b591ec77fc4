"""The abuse button: one click during a call files an incident, calls a supervisor and gives a cool-down."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from callcrm.base.errors import Forbidden
from callcrm.calls import search
from callcrm.crm.conduct import cool_down, incidents
from callcrm.crm.conduct.incidents import Evidence
from callcrm.models import Agent, Call, User
from callcrm.models.crm.conduct import Incident, IncidentKind
from callcrm.store.postgres.serialize import serialize


@dataclass(frozen=True, slots=True)
class Alarm:
    """What has come of an agent's button on a call: `minutes` of cool-down, 0 for none; `helper` is the
    supervisor who comes, "" while none does.
    """

    incident: Incident
    minutes: int
    helper: str


def press(session: Session, call_id: str, *, by: str, now: datetime) -> Alarm:
    """Files the abuse that the agent `by` bears now; pressed again it is the same. Forbidden for who is not
    the call's agent.
    """
    serialize(session, f"abuse by {call_id}")  # pressed twice at once, too
    call = search.call(session, call_id)
    alarm = of_call(session, call, by)
    if alarm is not None:
        return alarm
    agent = session.get(Agent, by)
    if agent is None or by not in (call.agent_id, agent.id if agent.call_id == call.id else None):
        raise Forbidden("This is for who speaks with the caller.")
    evidence = Evidence(call.id, _second(call, now))
    incident = incidents.file(session, None, IncidentKind.ABUSE, evidence, by=by, now=now, wants_help=True)
    incident.agent_id = by
    session.add(incident)
    cool_down.begin(session, by, incident.id, now)
    return _alarm(session, incident)


def _second(call: Call, now: datetime) -> float | None:
    """The second of the audio that is now; None while the carrier has not said when it began."""
    if call.answered_at is None:
        return None
    return max(0.0, round((now - call.answered_at).total_seconds(), 1))


def undo(session: Session, incident_id: str, *, by: str, now: datetime) -> Incident:
    """Takes the incident back, with the call for help and the cool-down."""
    incident = incidents.withdraw(session, incident_id, by=by, now=now)
    cool_down.cancel(session, by, incident.id, now)
    return incident


def of_call(session: Session, call: Call, agent_id: str) -> Alarm | None:
    """What has come of this agent's button on this call, if they pressed it."""
    own = select(Incident).where(
        Incident.call_id == call.id, Incident.created_by == agent_id, Incident.kind == IncidentKind.ABUSE
    )
    newest = session.exec(own.order_by(col(Incident.created_at).desc()).limit(1)).first()
    return _alarm(session, newest) if newest else None


def _alarm(session: Session, incident: Incident) -> Alarm:
    helper = session.get(User, incident.helped_by) if incident.helped_by else None
    row = cool_down.of_agent(session, incident.created_by)
    minutes = row.minutes if row and row.incident_id == incident.id else 0
    return Alarm(incident, minutes, helper.name if helper else "")
