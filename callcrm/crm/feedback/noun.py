"""How feedback joins calls, customers, history, search, measures and erasure."""

from collections.abc import Iterator, Sequence

from sqlmodel import Session, col, select

from callcrm.calls import search
from callcrm.crm.feedback import erasure, objects, sample, texts
from callcrm.crm.feedback.form_fields import FORM_FIELDS
from callcrm.crm.noun import (
    CallAction,
    Export,
    HistoryEntry,
    HistoryKind,
    Hit,
    Measure,
    Module,
    Noun,
    NounPage,
    Reader,
    SearchKind,
    source,
)
from callcrm.crm.tables import in_period
from callcrm.models.crm.feedback import Feedback, FeedbackTheme
from callcrm.store.search import lookup, query


def entries(session: Session, reader: Reader, rows: Sequence[Feedback]) -> list[HistoryEntry]:
    """Feedback on a timeline: what they said, and what became of it."""
    themes = _themes(session, rows)
    calls = search.calls_by_id(session, {row.call_id for row in rows if row.call_id})
    states = texts.states(reader.locale)
    return [
        HistoryEntry(
            line=texts.line(reader.locale, row),
            facts=[states[themes[row.theme_id].state], *_told_fact(reader, row)],
            call=calls.get(row.call_id or ""),
            quote=row.body,
        )
        for row in rows
    ]


def _told_fact(reader: Reader, row: Feedback) -> Iterator[str]:
    if row.told_at is not None:
        yield reader.locale._("told %(time)s", time=reader.locale.when(row.told_at))


def _themes(session: Session, rows: Sequence[Feedback]) -> dict[str, FeedbackTheme]:
    ids = {row.theme_id for row in rows}
    themes = session.exec(select(FeedbackTheme).where(col(FeedbackTheme.id).in_(ids))).all() if ids else ()
    return {theme.id: theme for theme in themes}


def find(session: Session, reader: Reader, q: str, limit: int) -> list[Hit]:
    """Feedback with all these words in its text or its product, newest first."""
    rows = lookup.page(
        session,
        "feedback",
        query.parse(q, ""),
        select(Feedback),
        (Feedback.created_at, Feedback.id),
        after=None,
        limit=limit,
    )
    return [
        Hit(texts.line(reader.locale, row), f"/feedback/{row.theme_id}#{row.id}", row.body, at=row.created_at)
        for row in rows
    ]


def rows(session: Session) -> Iterator[tuple[Feedback, FeedbackTheme]]:
    """All feedback with its theme, the oldest first."""
    of_theme = col(FeedbackTheme.id) == col(Feedback.theme_id)
    ordered = select(Feedback, FeedbackTheme).join(FeedbackTheme, of_theme)
    yield from session.exec(ordered.order_by(col(Feedback.created_at), col(Feedback.id)))


OWN = ("id", "product", "kind", "body", "customer_id", "call_id", "created_by", "created_at", "told_at")
COLUMNS = (*OWN, "theme_id", "theme", "state")

FEEDBACK = Noun(
    name="feedback",
    form_fields=FORM_FIELDS,
    tables=(FeedbackTheme, Feedback),
    module=Module(
        "feedback",
        lambda locale: locale._("The customer’s voice"),
        lambda locale: locale._(
            "What people say of products is taken down beside a call, counted on the page Feedback, and told "
            "back to those who asked when it is done."
        ),
    ),
    history=(
        HistoryKind(
            name="feedback",
            title=lambda locale: locale._("Feedback"),
            source=source(Feedback, Feedback.created_at),
            objects=objects.objects,
            entries=entries,
        ),
    ),
    pages=(NounPage("/feedback", lambda locale: locale._("Feedback")),),
    call_actions=(CallAction("/feedback/new", lambda locale: locale._("Feedback"), "note"),),
    measures=(
        Measure(
            key="feedback_by_product",
            name=lambda locale: locale._("feedback"),
            numerator=in_period(Feedback, Feedback.created_at),
        ),
    ),
    search=SearchKind(name="feedback", title=lambda locale: locale._("Feedback"), find=find),
    export=Export(
        columns=COLUMNS,
        rows=rows,
        row=lambda pair: {
            **{name: getattr(pair[0], name) for name in OWN},
            "theme_id": pair[1].id,
            "theme": pair[1].text,
            "state": pair[1].state,
        },
    ),
    erase=erasure.erase,
    sample=sample.sample,
)
