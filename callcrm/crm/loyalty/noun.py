"""How loyalty joins calls, customers, history, measures and erasure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select
from sqlmodel import Session, col, delete, select

from callcrm.base.objects import Named
from callcrm.base.text import bidi_isolate
from callcrm.calls import search
from callcrm.crm.loyalty import objects, offers, parts, programmes, sample
from callcrm.crm.loyalty.form_fields import FORM_FIELDS
from callcrm.crm.noun import (
    CustomerField,
    HistoryEntry,
    HistoryKind,
    Measure,
    Module,
    Notice,
    Noun,
    NounPage,
    Part,
    Reader,
    source,
)
from callcrm.crm.references import named
from callcrm.crm.tables import export_of
from callcrm.i18n.line import Line
from callcrm.i18n.locale import Locale
from callcrm.live.kinds import LiveKind
from callcrm.models import Role, User
from callcrm.models.crm.loyalty import Goodwill, Programme, Redemption, RedemptionState

# --- history -------------------------------------------------------------------------------------


def entries(session: Session, reader: Reader, rows: Sequence[Redemption]) -> list[HistoryEntry]:
    """Redemptions on a timeline: of which programme, by whom, in which call."""
    names = programmes.names(session, {row.programme_id for row in rows})
    people = named(session, User, {row.created_by for row in rows if row.created_by})
    calls = search.calls_by_id(session, {row.on_call for row in rows if row.on_call})
    return [
        HistoryEntry(
            line=_line(reader.locale, row, names[row.programme_id]),
            facts=_facts(reader.locale, row, people),
            call=calls.get(row.on_call or ""),
            quote=row.note or row.reason,
            ours=True,
        )
        for row in rows
    ]


def _line(locale: Locale, row: Redemption, programme: str) -> Line:
    name = bidi_isolate(programme)
    match RedemptionState(row.state):
        case RedemptionState.REQUESTED:
            return Line(locale._("Reward asked for: %(name)s", name=name), "promise", "wait")
        case RedemptionState.REDEEMED:
            return Line(locale._("Reward redeemed: %(name)s", name=name), "kept")
        case RedemptionState.REFUSED:
            return Line(locale._("Reward refused: %(name)s", name=name), "x")
        case RedemptionState.UNDONE:
            return Line(locale._("Reward taken back: %(name)s", name=name), "x")


def _facts(locale: Locale, row: Redemption, people: dict[str, Named]) -> list[str]:
    worth, by = objects.worth(row), people.get(row.created_by or "")
    return [*([locale.money(worth)] if worth else []), *([bidi_isolate(by.name)] if by else [])]


# --- measures, export, erasure -----------------------------------------------------------------------


def redeemed(since: datetime, until: datetime) -> Select[Any]:
    """Rewards redeemed in a period, those undone excepted."""
    within = (col(Redemption.redeemed_at) >= since) & (col(Redemption.redeemed_at) < until)
    return select(Redemption).where(within, col(Redemption.state) == RedemptionState.REDEEMED)


def erase(session: Session, customer_id: str) -> int:
    """Deletes the customer's redemptions and what was made good; returns how many rows."""
    rows = session.exec(delete(Redemption).where(col(Redemption.customer_id) == customer_id)).rowcount
    return rows + session.exec(delete(Goodwill).where(col(Goodwill.customer_id) == customer_id)).rowcount


COLUMNS = (
    "id",
    "customer_id",
    "programme_id",
    "state",
    "spent",
    "worth",
    "currency",
    "note",
    "created_by",
    "created_at",
    "redeemed_at",
    "decided_by",
    "decided_at",
    "reason",
)

LOYALTY = Noun(
    name="redemption",
    form_fields=FORM_FIELDS,
    tables=(Programme, Redemption, Goodwill),
    module=Module(
        "loyalty",
        lambda locale: locale._("Loyalty"),
        lambda locale: locale._(
            "Programmes and what was redeemed are used on the pop, the customer’s page and the page Loyalty."
        ),
    ),
    history=(
        HistoryKind(
            name="redemption",
            title=lambda locale: locale._("Rewards"),
            source=source(Redemption, Redemption.created_at),
            objects=objects.redemptions,
            entries=entries,
        ),
    ),
    pop=Part("loyalty/_beside_call.html", parts.beside_a_call),
    customer_page=Part("loyalty/_of_customer.html", parts.on_the_page),
    pages=(NounPage("/loyalty", lambda locale: locale._("Loyalty"), count="/loyalty/count"),),
    notices=(Notice("/loyalty/notice", LiveKind.REDEMPTION_UPDATED),),
    settings=(NounPage("/settings/programmes", lambda locale: locale._("Programmes"), Role.SUPERVISOR),),
    customer_fields=(CustomerField("offers", offers.offers),),
    measures=(
        Measure(
            key="rewards_redeemed",
            name=lambda locale: locale._("rewards redeemed"),
            numerator=redeemed,
        ),
    ),
    export=export_of(Redemption, Redemption.created_at, COLUMNS),
    erase=erase,
    sample=sample.sample,
)
