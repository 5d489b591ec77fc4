"""Incidents: filed, listed, withdrawn; and the call for a supervisor that goes with one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, select, tuple_

from callcrm.base.errors import NotFound, Refused, RefusedByRule
from callcrm.base.ids import new_id
from callcrm.base.text import clean
from callcrm.base.words import search_text
from callcrm.business import audit
from callcrm.live.announce import announce
from callcrm.live.kinds import LiveKind
from callcrm.models import Agent, Call, CallState
from callcrm.models.crm.conduct import ConductStep, Incident, IncidentKind
from callcrm.models.versions import locked

LONGEST_BODY = 5000
LONGEST_SECOND = 24 * 60 * 60
WITHDRAWN_WITHIN = timedelta(minutes=15)  # a slip of the finger; later it may be what a decision rests on
HELP_WITHIN = timedelta(hours=1)  # an older call for help is nobody's business any more


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where an incident can be heard and read: the call, and the second of its audio."""

    call_id: str | None = None
    second: float | None = None
    body: str = ""


def file(
    session: Session,
    customer_id: str | None,
    kind: IncidentKind,
    evidence: Evidence,
    *,
    by: str,
    now: datetime,
    wants_help: bool = False,
) -> Incident:
    """A new incident with a customer, or whoever the call is with. Refused for a call that is not there, or
    is with another customer, and a text that is too long.
    """
    body = clean(evidence.body).strip()
    if len(body) > LONGEST_BODY:
        raise Refused("Say it in fewer words.", field="body")
    call = _call(session, evidence.call_id, customer_id)
    if call is None and evidence.second is not None:
        raise Refused("A second is one of a call’s audio: say which call.", field="second")
    if evidence.second is not None and not 0 <= evidence.second <= LONGEST_SECOND:  # nor what is no number
        raise Refused("No call has such a second.", field="second")
    incident = Incident(
        id=new_id("inc", now),
        customer_id=customer_id or (call.customer_id if call else None),
        call_id=call.id if call else None,
        kind=kind,
        second=evidence.second,
        body=body,
        search_text=search_text(body),
        agent_id=_who_bore_it(session, call, by),
        created_by=by,
        created_at=now,
        help_wanted=wants_help,
    )
    session.add(incident)
    session.flush()
    _record(
        session, incident, "incident.filed", by=by, now=now, data={"kind": kind, "call": incident.call_id}
    )
    return incident


def _call(session: Session, call_id: str | None, customer_id: str | None) -> Call | None:
    if call_id is None:
        return None
    call = session.get(Call, call_id)
    if call is None:
        raise Refused("There is no such call.", field="call")
    if customer_id is not None and call.customer_id not in (None, customer_id):
        raise Refused("This call is with another customer.", field="call")
    return call


def _who_bore_it(session: Session, call: Call | None, by: str) -> str | None:
    """The agent of the call, else who files it, if they take calls."""
    if call is not None and call.agent_id is not None:
        return call.agent_id
    return by if session.get(Agent, by) is not None else None


def get(session: Session, incident_id: str) -> Incident:
    """The incident of this id; NotFound."""
    incident = session.get(Incident, incident_id)
    if incident is None:
        raise NotFound("There is no such incident.")
    return incident


def page(
    session: Session,
    customer_id: str | None = None,
    *,
    kind: IncidentKind | None = None,
    after: tuple[datetime, str] | None = None,
    limit: int = 50,
) -> Sequence[Incident]:
    """Incidents of a customer, or of all, the newest first; `after` is where the page before ended."""
    newest = select(Incident).order_by(col(Incident.created_at).desc(), col(Incident.id).desc()).limit(limit)
    if customer_id is not None:
        newest = newest.where(Incident.customer_id == customer_id)
    if kind is not None:
        newest = newest.where(Incident.kind == kind)
    if after is not None:
        newest = newest.where(tuple_(col(Incident.created_at), col(Incident.id)) < after)
    return session.exec(newest).all()


def around(
    session: Session, *, key: tuple[datetime, str] | None, back: bool, limit: int
) -> Sequence[Incident]:
    """At most `limit` incidents, newest first, behind this time and id; `back`: those before it, the nearest
    first.
    """
    at = (col(Incident.created_at), col(Incident.id))
    statement = select(Incident).limit(limit)
    if key is not None:
        statement = statement.where(tuple_(*at) > key if back else tuple_(*at) < key)
    return session.exec(statement.order_by(*(column.asc() if back else column.desc() for column in at))).all()


def withdraw(session: Session, incident_id: str, *, by: str, now: datetime) -> Incident:
    """Takes back an incident as if it had not been filed. RefusedByRule for another's, for one that is older
    than WITHDRAWN_WITHIN, and for one that a step of the ladder rests on.
    """
    incident = locked(session, Incident, incident_id)
    if incident is None:
        raise NotFound("There is no such incident.")
    if incident.created_by != by or now - incident.created_at > WITHDRAWN_WITHIN:
        raise RefusedByRule(
            "Who filed it can take it back for a quarter of an hour.", code="incident-stands", field="id"
        )
    if session.exec(select(ConductStep.id).where(ConductStep.incident_id == incident_id).limit(1)).first():
        raise RefusedByRule("A step of the ladder rests on it.", code="incident-stands", field="id")
    _record(session, incident, "incident.withdrawn", by=by, now=now, data={"kind": incident.kind})
    session.delete(incident)
    session.flush()
    return incident


def take_on(session: Session, incident_id: str, *, by: str, now: datetime) -> Incident:
    """The supervisor `by` has seen the call for help, and comes. The first who does is who is named."""
    incident = locked(session, Incident, incident_id)
    if incident is None:
        raise NotFound("There is no such incident.")
    if incident.help_wanted:
        incident.help_wanted, incident.helped_by, incident.helped_at = False, by, now
        session.add(incident)
        session.flush()
        _record(session, incident, "incident.helped", by=by, now=now, data={})
    return incident


def calls_for_help(session: Session, now: datetime) -> Sequence[tuple[Incident, Call | None]]:
    """Incidents for which no supervisor has come yet, each with its call, the newest first. That of a call
    which is over counts for as long as HELP_WITHIN.
    """
    wanted = (col(Incident.help_wanted).is_(True), col(Incident.created_at) > now - HELP_WITHIN)
    statement = select(Incident, Call).join(Call, col(Call.id) == col(Incident.call_id), isouter=True)
    newest = statement.where(*wanted).order_by(col(Incident.created_at).desc(), col(Incident.id).desc())
    return [(incident, call) for incident, call in session.exec(newest.limit(20))]


def is_over(call: Call | None) -> bool:
    """Whether the call has ended, or there is none."""
    return call is None or call.state == CallState.ENDED


def _record(
    session: Session, incident: Incident, action: str, *, by: str, now: datetime, data: dict[str, str | None]
) -> None:
    audit.record(session, action, actor=by, subject=("incident", incident.id), now=now, data=data)
    announce(
        session, LiveKind.CONDUCT_UPDATED, incident.id, to=[incident.agent_id] if incident.agent_id else []
    )
