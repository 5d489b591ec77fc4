"""How conduct joins the calls, the customers and everything read of them."""

from collections.abc import Mapping, Sequence

from sqlmodel import Session, col, delete, select

from callcrm.base.objects import Named
from callcrm.base.text import bidi_isolate
from callcrm.calls import search
from callcrm.crm.conduct import cool_down, objects, plans, sample, texts
from callcrm.crm.conduct.caution import caution, of_customer
from callcrm.crm.conduct.form_fields import FORM_FIELDS
from callcrm.crm.noun import (
    CallAction,
    CustomerField,
    HistoryEntry,
    HistoryKind,
    Hit,
    Measure,
    Module,
    Notice,
    Noun,
    NounPage,
    Part,
    Reader,
    SearchKind,
    source,
)
from callcrm.crm.tables import export_of, in_period
from callcrm.live.kinds import LiveKind
from callcrm.models import AuditEntry, Role
from callcrm.models.crm.conduct import ConductStep, CoolDown, Incident
from callcrm.routing.contact_rules import MODULE
from callcrm.store.search import lookup, query


def entries(session: Session, reader: Reader, rows: Sequence[Incident]) -> list[HistoryEntry]:
    """Incidents on a timeline, each with its call and who bore it."""
    calls = search.calls_by_id(session, {row.call_id for row in rows if row.call_id})
    names = objects.named_users(session, (row.agent_id for row in rows))
    return [
        HistoryEntry(
            line=texts.incident_line(reader.locale, row),
            facts=_facts(reader, row, names.get(row.agent_id)),
            call=calls.get(row.call_id or ""),
        )
        for row in rows
    ]


def _facts(reader: Reader, row: Incident, agent: Named | None) -> list[str]:
    facts = [bidi_isolate(agent.name)] if agent else []
    if row.second is not None:
        facts.append(reader.locale._("at %(time)s of the audio", time=reader.locale.duration(row.second)))
    return facts


def contact_plans(
    session: Session, _reader: Reader, customer_ids: Sequence[str]
) -> Mapping[str, objects.ContactPlan]:
    """The plans in force, by customer."""
    rows = plans.of_customers(session, customer_ids)
    return dict(zip(rows, objects.contact_plans(session, list(rows.values())), strict=True))


# --- search, measures, export, erasure ----------------------------------------------------------------


def find(session: Session, reader: Reader, q: str, limit: int) -> list[Hit]:
    """Incidents whose text has all these words, newest first."""
    columns = (Incident.created_at, Incident.id)
    rows = lookup.page(
        session, "incident", query.parse(q, ""), select(Incident), columns, after=None, limit=limit
    )
    return [
        Hit(texts.incident_line(reader.locale, row), f"/conduct/incidents/{row.id}", at=row.created_at)
        for row in rows
    ]


def erase(session: Session, customer_id: str) -> int:
    """Deletes the customer's incidents and their ladder; returns how many rows. The audit keeps ids alone:
    why somebody was rung all the same goes too.
    """
    overridden = select(AuditEntry).where(
        AuditEntry.subject_id == customer_id, AuditEntry.action == "contact.overridden"
    )
    for entry in session.exec(overridden):
        entry.data = {**entry.data, "reason": ""}
        session.add(entry)
    session.flush()
    rows = session.exec(delete(Incident).where(col(Incident.customer_id) == customer_id)).rowcount
    own = delete(ConductStep).where(col(ConductStep.customer_id) == customer_id)
    return rows + session.exec(own).rowcount


COLUMNS = ("id", "kind", "customer_id", "call_id", "second", "body", "agent_id", "created_by", "created_at")

CONDUCT = Noun(
    name="incident",
    form_fields=FORM_FIELDS,
    tables=(Incident, ConductStep, CoolDown),
    module=Module(
        MODULE,
        title=lambda locale: locale._("Conduct"),
        uses=lambda locale: locale._(
            "The warning beside a call and on the customer’s page, the pages of conduct, the abuse button, "
            "and whom a caller under a contact plan is put through to."
        ),
    ),
    history=(
        HistoryKind(
            name="incident",
            title=lambda locale: locale._("Incidents"),
            source=source(Incident, Incident.created_at),
            objects=objects.incidents,
            entries=entries,
        ),
    ),
    pop=Part("conduct/_beside_call.html", caution),
    customer_page=Part("conduct/_of_customer.html", of_customer),
    during_call="/conduct/abuse",
    call_actions=(CallAction("/conduct/incidents/new", lambda locale: locale._("Incident"), "warn"),),
    duties=(cool_down.DUTY,),
    notices=(Notice("/conduct/notice", LiveKind.CONDUCT_UPDATED),),
    settings=(NounPage("/settings/conduct", lambda locale: locale._("Conduct"), Role.SUPERVISOR),),
    customer_fields=(CustomerField("contact_plan", contact_plans),),
    pages=(
        NounPage(
            "/conduct",
            lambda locale: locale._("Conduct"),
            count="/conduct/count",
        ),
    ),
    search=SearchKind(name="incident", title=lambda locale: locale._("Incidents"), find=find),
    measures=(
        Measure(
            key="incidents",
            name=lambda locale: locale._("incidents"),
            numerator=in_period(Incident, Incident.created_at),
        ),
    ),
    export=export_of(Incident, Incident.created_at, COLUMNS),
    erase=erase,
    sample=sample.sample,
)
