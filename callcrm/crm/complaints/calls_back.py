"""Calls that a complaint owes the customer: to apologise, to ask whether all is well. They are promises."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from callcrm.base.text import bidi_isolate
from callcrm.crm.complaints.policy import Policy
from callcrm.crm.complaints.visible import is_unnamed
from callcrm.crm.noun import Reader
from callcrm.crm.promises import promises
from callcrm.live.announce import announce
from callcrm.live.kinds import LiveKind
from callcrm.models import Call, Promise, PromiseState, shown_to
from callcrm.models.crm.complaint import Complaint, Remedy, Stage

ABOUT = "complaint"
MOST = 50


def promise_call(session: Session, complaint: Complaint, policy: Policy, reader: Reader) -> None:
    """Promises the call that goes with the stage a complaint has just reached, if one does and there is
    somebody to ring. Whoever handles the complaint is to keep it; for whoever is complained of it does not
    exist. None is made while nobody has named that person: everybody would see it.
    """
    if is_unnamed(complaint):
        return
    what, phone = _what(complaint, reader), _phone(session, complaint)
    if what is None or (complaint.customer_id is None and phone is None):
        return
    promises.give(
        session,
        customer_id=complaint.customer_id,
        phone=phone,
        owner_id=complaint.owner_id,
        due_at=policy.call_due(reader.hours, reader.now),
        now=reader.now,
        what=what[: promises.LONGEST_TEXT],
        created_by=reader.user.user_id,
        about=(ABOUT, complaint.id),
        hidden_from=complaint.staff_id,
    )


def _what(complaint: Complaint, reader: Reader) -> str | None:
    locale, product = reader.locale, bidi_isolate(complaint.product or "")
    if complaint.stage == Stage.OFFERED and complaint.offer == Remedy.APOLOGY:
        if product:
            return locale._("Ring and apologise: complaint about %(subject)s", subject=product)
        return locale._("Ring and apologise for what they complained of")
    if complaint.stage == Stage.FOLLOWING_UP:
        if product:
            return locale._("Ring and ask whether all is well: complaint about %(subject)s", subject=product)
        return locale._("Ring and ask whether all is well after their complaint")
    return None


def _phone(session: Session, complaint: Complaint) -> str | None:
    if complaint.customer_id is not None:
        return None  # whichever number of theirs is the best by then
    call = session.get(Call, complaint.call_id) if complaint.call_id else None
    return complaint.phone or (call.phone if call else None)


def give_to_owner(session: Session, complaint: Complaint) -> None:
    """Gives the complaint's open calls to whoever handles it now."""
    open_ = (Promise.about_id == complaint.id, Promise.state == PromiseState.OPEN)
    for promise in session.exec(select(Promise).where(*open_)).all():
        promise.owner_id = complaint.owner_id
        session.add(promise)
        to = [complaint.owner_id] if complaint.owner_id else []
        announce(session, LiveKind.PROMISE_UPDATED, promise.id, to=to, hidden_from=promise.hidden_from)
    session.flush()


def of_complaints(session: Session, ids: Sequence[str], reader: Reader) -> dict[str, list[Promise]]:
    """By complaint: the calls promised for it that this reader may know of, the soonest first."""
    by_complaint: dict[str, list[Promise]] = {key: [] for key in ids}
    if not ids:
        return by_complaint
    about = (col(Promise.about_id).in_(ids), Promise.about_kind == ABOUT, shown_to(reader.user.user_id))
    soonest = select(Promise).where(*about).order_by(col(Promise.due_at), col(Promise.id)).limit(MOST)
    for promise in session.exec(soonest):
        by_complaint[promise.about_id or ""].append(promise)
    return by_complaint


def next_open(calls: Sequence[Promise]) -> Promise | None:
    """The first of these that is still to be made."""
    return next((promise for promise in calls if promise.state == PromiseState.OPEN), None)
