"""Who is to be told that a theme is done: everybody who asked for it, each once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Subquery, func, update
from sqlalchemy import select as core_select
from sqlmodel import Session, col, select

from callcrm.base.errors import Refused
from callcrm.crm.feedback import themes
from callcrm.crm.promises import promises
from callcrm.models import Customer, CustomerPhone, Promise, PromiseState
from callcrm.models.crm.feedback import Feedback, FeedbackTheme, ThemeState
from callcrm.models.versions import with_version

ABOUT = "feedback"
TELL_WITHIN = timedelta(days=2)
PAGE_SIZE = 100


@dataclass(frozen=True, slots=True)
class Asker:
    """A customer who spoke of a theme: how often, when last, and whether they know that it is done.

    `call_id` is the last call they said it in, `promise` what we owe them about it.
    """

    customer: Customer
    times: int
    latest: datetime
    told_at: datetime | None
    call_id: str | None
    phone: str | None
    promise: Promise | None


@dataclass(frozen=True, slots=True)
class Askers:
    """Some of those who spoke of a theme, those not told yet first, and how many of all are `left`."""

    rows: Sequence[Asker]
    total: int
    left: int


def askers(session: Session, theme: FeedbackTheme) -> Askers:
    """Who asked for the theme: at most PAGE_SIZE of them, those not told first, then the latest first."""
    grouped = _grouped(theme.id)
    first = (grouped.c.told_at.is_not(None), grouped.c.latest.desc(), grouped.c.customer_id)
    listed = core_select(Customer, grouped).join(grouped, grouped.c.customer_id == col(Customer.id))
    rows = session.execute(listed.order_by(*first).limit(PAGE_SIZE)).all()
    left = func.count().filter(grouped.c.told_at.is_(None))
    total, not_told_yet = session.execute(core_select(func.count(), left).select_from(grouped)).one()
    ids = [row.Customer.id for row in rows]
    owed, phones = _promises(session, theme.id, ids), _phones(session, ids)
    return Askers(
        [
            Asker(
                row.Customer,
                row.times,
                row.latest,
                row.told_at,
                row.call_id,
                phones.get(row.Customer.id),
                owed.get(row.Customer.id),
            )
            for row in rows
        ],
        total,
        not_told_yet,
    )


def _grouped(theme_id: str) -> Subquery:
    """The theme's feedback, a row for each customer."""
    return (
        core_select(
            col(Feedback.customer_id),
            func.count().label("times"),
            func.max(col(Feedback.created_at)).label("latest"),
            func.max(col(Feedback.told_at)).label("told_at"),
            func.max(col(Feedback.call_id)).label("call_id"),
        )
        .where(col(Feedback.theme_id) == theme_id, col(Feedback.customer_id).is_not(None))
        .group_by(col(Feedback.customer_id))
        .subquery()
    )


def _promises(session: Session, theme_id: str, customer_ids: Sequence[str]) -> dict[str, Promise]:
    about = select(Promise).where(Promise.about_id == theme_id, Promise.about_kind == ABOUT)
    rows = session.exec(
        about.where(col(Promise.customer_id).in_(customer_ids)).order_by(col(Promise.created_at))
    )
    return {row.customer_id: row for row in rows if row.customer_id and row.state != PromiseState.DROPPED}


def _phones(session: Session, customer_ids: Sequence[str]) -> dict[str, str]:
    main = select(CustomerPhone).where(col(CustomerPhone.customer_id).in_(customer_ids))
    rows = session.exec(main.order_by(col(CustomerPhone.position).desc())).all()
    return {row.customer_id: row.e164 for row in rows}


def record_told(session: Session, theme_id: str, customer_id: str, *, by: str, now: datetime) -> bool:
    """Records that the customer was told, and keeps what was promised about it; False if they were before.

    Refused while the theme is not done, and for a customer who never spoke of it.
    """
    theme = _done(session, theme_id)
    own = (col(Feedback.theme_id) == theme.id, col(Feedback.customer_id) == customer_id)
    rows = session.exec(select(Feedback).where(*own)).all()
    if not rows:
        raise Refused("This customer has not asked for it.", field="customer")
    if any(row.told_at for row in rows):
        return False
    values = with_version(Feedback, {"told_at": now, "told_by": by})
    session.exec(update(Feedback).where(*own).values(values))
    promise = _promises(session, theme.id, [customer_id]).get(customer_id)
    if promise is not None and promise.state == PromiseState.OPEN:
        promises.close(session, promise.id, PromiseState.KEPT, by=by, now=now)
    session.expire_all()
    return True


def take_back_told(session: Session, theme_id: str, customer_id: str) -> None:
    """Takes back that the customer was told."""
    theme = _done(session, theme_id)
    own = (col(Feedback.theme_id) == theme.id, col(Feedback.customer_id) == customer_id)
    values = with_version(Feedback, {"told_at": None, "told_by": None})
    session.exec(update(Feedback).where(*own).values(values))
    session.expire_all()


def promise(
    session: Session, theme_id: str, customer_id: str, *, what: str, by: str, now: datetime
) -> Promise:
    """The promise to tell the customer, made once: the one there was, if somebody has made it before."""
    theme = _done(session, theme_id)
    spoke = select(Feedback.id).where(Feedback.theme_id == theme.id, Feedback.customer_id == customer_id)
    if session.exec(spoke.limit(1)).first() is None:
        raise Refused("This customer has not asked for it.", field="customer")
    before = _promises(session, theme.id, [customer_id]).get(customer_id)
    if before is not None:
        return before
    return promises.give(
        session,
        customer_id=customer_id,
        phone=_phones(session, [customer_id]).get(customer_id),
        owner_id=by,
        due_at=now + TELL_WITHIN,
        now=now,
        what=what[: promises.LONGEST_TEXT],
        created_by=by,
        about=(ABOUT, theme.id),
    )


def _done(session: Session, theme_id: str) -> FeedbackTheme:
    """The theme, locked so that two who tell do it once; Refused unless it is done."""
    theme = themes.lock(session, theme_id)
    if theme.state != ThemeState.DONE:
        raise Refused("Nobody is told of what is not done.", field="state")
    return theme
