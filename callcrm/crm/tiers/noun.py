"""How tiers join the customers: the field, the parts beside a call and on the page, the nightly run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlmodel import Session, col, delete

from callcrm.business import tiers as business_tiers
from callcrm.business.tiers import Tier, Tiers
from callcrm.crm.noun import CustomerField, Module, Noun, NounPage, Part, Reader
from callcrm.crm.tiers import facts, rules, run, texts
from callcrm.models import Customer
from callcrm.models.conventions import table_of
from callcrm.models.crm.tier import TierRun, TierStanding

CUSTOMER, STANDING = table_of(Customer), table_of(TierStanding)
_COLUMNS = (CUSTOMER.c.id, CUSTOMER.c.tier, CUSTOMER.c.tier_by_hand, STANDING.c.facts)


@dataclass(frozen=True, slots=True)
class TierOf:
    """A customer's tier: why they are in it, and what it gets them, in the reader's language. `tier` is None
    for a text set by hand that is no tier of ours.
    """

    code: str
    tier: Tier | None
    by_hand: bool
    reason: str
    benefits: list[str]


def _tiers_of(session: Session, reader: Reader, ids: Sequence[str]) -> Mapping[str, TierOf]:
    """By id, the tiers of those customers who are in one."""
    statement = (
        select(*_COLUMNS, business_tiers.TEXT)
        .select_from(CUSTOMER.outerjoin(STANDING, STANDING.c.customer_id == CUSTOMER.c.id))
        .where(CUSTOMER.c.id.in_(ids), CUSTOMER.c.tier.is_not(None))
    )
    rows = session.connection().execute(statement).all() if ids else ()
    return {
        customer: _tier_of(reader, business_tiers.parse(tiers), code or "", by_hand=by_hand, kept=kept)
        for customer, code, by_hand, kept, tiers in rows
    }


def _tier_of(reader: Reader, tiers: Tiers, code: str, *, by_hand: bool, kept: Mapping[str, object]) -> TierOf:
    locale, tier = reader.locale, tiers.get(code)
    name = texts.name(locale, tier, code)
    if by_hand:
        reason = texts.by_hand(locale, name)
    else:
        everybody = tier is not None and not tier.rule.limits
        reason = texts.reason(locale, name, kept or {}, reader.now) if kept or everybody else name
    return TierOf(code, tier, by_hand, reason, texts.benefits(locale, tier) if tier else [])


def tier_reasons(session: Session, reader: Reader, ids: Sequence[str]) -> Mapping[str, str]:
    """The field of the API: by customer in a tier, why they are in it."""
    return {customer: of.reason for customer, of in _tiers_of(session, reader, ids).items()}


def beside_a_call(session: Session, reader: Reader, customer_id: str) -> TierOf | None:
    """The tier of whoever the call is with."""
    return _tiers_of(session, reader, [customer_id]).get(customer_id)


@dataclass(frozen=True, slots=True)
class TierCard:
    """What the customer's page shows: their tier, what the rules say, and the next better tier with what is
    missing to it. `choices` are the tiers that can be set by hand, by code and name.
    """

    tier: TierOf | None
    by_rules: str
    next_tier: str
    missing: str
    choices: list[tuple[str, str]]


def on_the_page(session: Session, reader: Reader, customer_id: str) -> TierCard:
    """The customer's tier, on the side of their page."""
    tiers, locale = business_tiers.get(session), reader.locale
    bought = facts.of_customers(session, tiers.items, [customer_id], reader.now)[customer_id]
    ruled = rules.standing(tiers.items, bought, reader.now)
    at = tiers.place(ruled.tier)
    better = tiers.items[at - 1] if at else (tiers.items[-1] if at is None and tiers.items else None)
    name = texts.name(locale, tiers.get(ruled.tier), ruled.tier)
    lacking = rules.lacking(better.rule, bought, reader.now) if better else {}
    return TierCard(
        _tiers_of(session, reader, [customer_id]).get(customer_id),
        texts.reason(locale, name, ruled.facts, reader.now) if ruled.tier else "",
        texts.name(locale, better, None) if better else "",
        texts.missing(locale, better.rule, lacking) if better else "",
        [(tier.code, texts.name(locale, tier, None)) for tier in tiers.items],
    )


def erase(session: Session, customer_id: str) -> int:
    """Deletes what the rules say of a customer."""
    return session.exec(delete(TierStanding).where(col(TierStanding.customer_id) == customer_id)).rowcount


TIERS = Noun(
    name="tier",
    tables=(TierStanding, TierRun),
    module=Module(
        business_tiers.MODULE,
        lambda locale: locale._("Tiers"),
        lambda locale: locale._(
            "Who waits is served by their tier; it is shown beside calls and on customers’ pages."
        ),
    ),
    duties=(run.DUTY,),
    pop=Part("tiers/_beside_call.html", beside_a_call),
    customer_page=Part("tiers/_of_customer.html", on_the_page),
    customer_fields=(CustomerField("tier_reason", tier_reasons),),
    settings=(NounPage("/settings/tiers", lambda locale: locale._("Tiers")),),
    erase=erase,
    sample_end=run.everybody,
)
