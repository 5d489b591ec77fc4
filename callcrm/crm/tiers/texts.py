"""Tiers in words: why somebody is in one, what it gets them, and what is missing to the next."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from babel.lists import format_list

from callcrm.base.money import Money
from callcrm.base.text import bidi_isolate
from callcrm.business.tiers import Benefits, Rule, Tier
from callcrm.crm.tiers.rules import years_since
from callcrm.i18n import labels
from callcrm.i18n.locale import Locale

DAYS_OF_TWELVE_MONTHS = 365


def name(locale: Locale, tier: Tier | None, code: str | None) -> str:
    """A tier's name in this language; of a text that is no tier of ours, the text."""
    return labels.tier(locale, tier.name if tier else code or "")


def by_hand(locale: Locale, tier: str) -> str:
    """Why somebody is in a tier that was set by hand."""
    return locale._("%(tier)s: set by hand", tier=tier)


def reason(locale: Locale, tier: str, facts: Mapping[str, Any], now: datetime) -> str:
    """Why somebody is in this tier by the rules: its name, and the facts that its rule asks for."""
    if not facts:
        return locale._("%(tier)s: every customer", tier=tier)
    return f"{tier}: {_facts(locale, facts, now)}"


def _facts(locale: Locale, facts: Mapping[str, Any], now: datetime) -> str:
    texts = [_bought(locale, facts)] if set(facts) - {"first_at"} else []
    if "first_at" in facts:
        years = years_since(datetime.fromisoformat(facts["first_at"]), now)
        texts.append(customer_for(locale, years))
    return joined(locale, texts)


def _bought(locale: Locale, facts: Mapping[str, Any]) -> str:
    bought = []
    if "purchases" in facts:
        bought.append(purchases(locale, facts["purchases"]))
    if "spent" in facts:
        bought.append(locale.money(Money.model_validate(facts["spent"])))
    if "large_order" in facts:
        most = locale.money(Money.model_validate(facts["large_order"]))
        bought.append(locale._("an order of %(money)s", money=most))
    if "cash_share" in facts:
        bought.append(locale._("%(share)s of it in cash", share=locale.percent(facts["cash_share"])))
    return _within(locale, joined(locale, bought), facts.get("window_days"))


def joined(locale: Locale, texts: list[str]) -> str:
    """The texts as a list within a sentence."""
    return format_list(texts, locale=locale.language)


def purchases(locale: Locale, count: int) -> str:
    """14 purchases."""
    return locale.ngettext("%(n)s purchase", "%(n)s purchases", count)


def customer_for(locale: Locale, years: float) -> str:
    """A customer for 3 years."""
    if not years:
        return locale._("a customer for less than a year")
    whole = int(years) if years == int(years) else 2  # no language of ours has a form of its own for parts
    count = locale.number(years)
    return locale.ngettext(
        "a customer for %(years)s year", "a customer for %(years)s years", whole, years=count
    )


def _within(locale: Locale, what: str, window: int | None) -> str:
    if window is None:
        return locale._("%(what)s in all", what=what)
    return locale._("%(what)s in %(period)s", what=what, period=period(locale, window))


def period(locale: Locale, days: int) -> str:
    """12 months, or 30 days."""
    years, rest = divmod(days, DAYS_OF_TWELVE_MONTHS)
    if not rest:
        return locale.ngettext("%(n)s month", "%(n)s months", 12 * years)
    return locale.ngettext("%(n)s day", "%(n)s days", days)


def rule(locale: Locale, tier_rule: Rule) -> str:
    """Whose tier it is, in a sentence: at least 10 purchases and $1,000 in 12 months."""
    limits = tier_rule.limits
    if not limits:
        return locale._("every customer")
    facts: dict[str, Any] = {
        name: limit.model_dump() if isinstance(limit, Money) else limit for name, limit in limits.items()
    }
    years = facts.pop("years", None)
    texts = [_bought(locale, {**facts, "window_days": tier_rule.window_days})] if facts else []
    if years:
        texts.append(customer_for(locale, years))
    return locale._("at least %(limits)s", limits=joined(locale, texts))


def sentence(locale: Locale, tier: Tier) -> str:
    """Whose the tier is, and what it gets."""
    return "; ".join([rule(locale, tier.rule), *benefits(locale, tier)])


def benefits(locale: Locale, tier: Tier) -> list[str]:
    """What the tier gets, each in a few words."""
    gets: Benefits = tier.benefits
    texts = []
    if gets.discount_percent:
        texts.append(locale._("%(percent)s discount", percent=locale.percent(gets.discount_percent / 100)))
    if gets.queue_boost:
        texts.append(locale._("comes up to %(time)s sooner", time=_time(locale, gets.queue_boost)))
    if gets.own_agent:
        texts.append(locale._("their own agent first"))
    if gets.queue:
        queue = bidi_isolate(labels.queue(locale, gets.queue))
        texts.append(locale._("the queue %(queue)s", queue=queue))
    return texts


def _time(locale: Locale, seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    if not rest:
        return locale.ngettext("%(n)s minute", "%(n)s minutes", minutes)
    return locale.ngettext("%(n)s second", "%(n)s seconds", seconds)


def missing(locale: Locale, rule: Rule, lacking: Mapping[str, Any]) -> str:
    """What is missing to a rule, by limit as `rules.lacking` has it: 2 more purchases."""
    texts = []
    if "purchases" in lacking:
        count = lacking["purchases"]
        texts.append(locale.ngettext("%(n)s more purchase", "%(n)s more purchases", count))
    if "spent" in lacking and rule.spent:
        more = locale.money(Money(amount=lacking["spent"], currency=rule.spent.currency))
        texts.append(locale._("%(money)s more", money=more))
    if "large_order" in lacking and rule.large_order:
        texts.append(locale._("an order of %(money)s", money=locale.money(rule.large_order)))
    if "cash_share" in lacking:
        texts.append(locale._("%(share)s of it in cash", share=locale.percent(lacking["cash_share"])))
    if "years" in lacking:
        at = lacking["years"]
        text = locale._("time until %(date)s", date=locale.date(at)) if at else None
        texts.append(text or customer_for(locale, rule.years or 0))
    return joined(locale, texts)
