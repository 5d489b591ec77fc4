"""Invented feedback: what callers say of a few products, under the themes it belongs to."""

from datetime import datetime, timedelta
from typing import Any

from callcrm.base.ids import derived_id
from callcrm.base.words import search_text
from callcrm.crm.feedback.themes import product_key
from callcrm.crm.samples import Rows, SampleBatch, SampleCall
from callcrm.models import Outcome
from callcrm.models.crm.feedback import FeedbackKind, ThemeState

SHARE = 0.02  # of answered calls of customers
W, N, M, C = FeedbackKind.WORKS, FeedbackKind.DOES_NOT, FeedbackKind.MISSING, FeedbackKind.COMPETITOR
# Product, kind, the theme's name, its state, and how callers put it.
THEMES = {
    "en": (
        (
            "Winter coat",
            N,
            "The zip tears",
            ThemeState.PLANNED,
            ("It tore in a week.", "Zip again."),
        ),
        (
            "Winter coat",
            M,
            "No inside pocket",
            ThemeState.DONE,
            ("A pocket inside.", "And the keys?"),
        ),
        ("Winter coat", W, "Warm in the snow", ThemeState.HEARD, ("Warmest coat we ever had.",)),
        (
            "Delivery",
            N,
            "Comes after dark",
            ThemeState.HEARD,
            ("They ring after nine.", "Came at ten."),
        ),
        (
            "Delivery",
            C,
            "Same-day delivery",
            ThemeState.NOT_NOW,
            ("Next door they do.",),
        ),
    ),
    "fa": (
        (
            "قالیچه",
            N,
            "رنگش پس می‌دهد",
            ThemeState.PLANNED,
            ("با اولین شست‌وشو.", "روی فرش ماند."),
        ),
        ("قالیچه", W, "سال‌ها دوام آورده", ThemeState.HEARD, ("ده سال است که داریمش.",)),
        ("تحویل", M, "پیامک پیش از رسیدن", ThemeState.DONE, ("کاش خبر بدهند.",)),
        ("تحویل", C, "ارسال شبانه", ThemeState.NOT_NOW, ("فروشگاه دیگر شب هم می‌آورد.",)),
    ),
}


def sample(batch: SampleBatch) -> Rows:
    """Feedback in some of the batch's calls, and the themes that are new with it."""
    begun: set[str] = batch.seen.setdefault("feedback themes", set())
    themes: list[dict[str, Any]] = []
    rows: list[dict[str, Any]] = []
    for call in batch.calls:
        if call.outcome != Outcome.ANSWERED or call.customer is None or batch.random.random() >= SHARE:
            continue
        place = batch.random.randrange(len(THEMES[call.language]))
        theme_id = derived_id("fbt", call.language, str(place))
        if theme_id not in begun:
            begun.add(theme_id)
            themes.append(_theme(theme_id, call, place, batch.now))
        rows.append(_feedback(batch, theme_id, call, place))
    return {"feedback_theme": themes, "feedback": rows}


def _theme(key: str, call: SampleCall, place: int, now: datetime) -> dict[str, Any]:
    product, kind, text, state, _ = THEMES[call.language][place]
    heard = state == ThemeState.HEARD
    return {
        "id": key,
        "product": product,
        "product_key": product_key(product),
        "kind": kind,
        "text": text,
        "state": state,
        "part_of": None,
        "decided_by": None if heard else call.agent_id,
        "decided_at": None if heard else now - timedelta(days=3),
        "created_by": call.agent_id,
        "created_at": call.ended_at,
    }


def _feedback(batch: SampleBatch, theme_id: str, call: SampleCall, place: int) -> dict[str, Any]:
    product, kind, _, _, bodies = THEMES[call.language][place]
    body = batch.random.choice(bodies)
    return {
        "id": derived_id("fbk", call.id),
        "theme_id": theme_id,
        "product": product,
        "product_key": product_key(product),
        "kind": kind,
        "body": body,
        "search_text": search_text(f"{product} {body}"),
        "customer_id": call.customer.id if call.customer else None,
        "call_id": call.id,
        "created_by": call.agent_id,
        "created_at": call.ended_at,
        "told_at": None,
        "told_by": None,
    }
