"""Complaints: opened, taken on, changed, moved from stage to stage until they are closed."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypedDict

from sqlmodel import Session, col, select

from callcrm.agents.principal import Principal
from callcrm.base.errors import Forbidden, NotFound, Refused
from callcrm.base.ids import new_id
from callcrm.base.text import clean, fold_text, one_line
from callcrm.base.words import search_text
from callcrm.crm.complaints import calls_back, policy, stages
from callcrm.crm.complaints.record import record
from callcrm.crm.complaints.visible import is_hidden, is_hidden_from, is_unnamed, visible
from callcrm.crm.noun import Reader
from callcrm.ivr.flows.hours import Hours
from callcrm.models import Call, Customer, User
from callcrm.models.crm.complaint import About, Complaint, Remedy, Stage
from callcrm.models.versions import locked

LONGEST_BODY = 20_000
LONGEST_TEXT = 5_000  # of a resolution, of a lesson
LONGEST_PRODUCT, LONGEST_NAME = 200, 200
LONGEST_SECOND = 24 * 60 * 60
# Further off is a slip of the pen; at its ends the calendar has times that zones and calendars lack.
LONGEST_PAST, LONGEST_TERM = timedelta(days=50 * 366), timedelta(days=10 * 366)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What is known of a complaint when it is made; `name` and `phone` are those of an unknown sender.

    Without `opened_at` it was made now, without `due_at` it is due by the business's own clock. A complaint
    made on a call is its caller's, if no other customer is named.
    """

    about: str
    body: str
    customer_id: str | None = None
    name: str | None = None
    phone: str | None = None
    product: str | None = None
    staff_id: str | None = None
    call_id: str | None = None
    second: int | None = None
    owner_id: str | None = None
    opened_at: datetime | None = None
    due_at: datetime | None = None


def open_complaint(
    session: Session, opening: Opening, *, hours: Hours, by: Principal | None, now: datetime
) -> Complaint:
    """A new complaint; `by` takes it down, None where its sender wrote it. Refused for what can't be.

    Forbidden to whoever is complained of: somebody else has to take it down.
    """
    if by is not None and by.user_id is not None and opening.staff_id == by.user_id:
        raise Forbidden("A complaint about yourself is taken down by somebody else.", field="staff")
    opened_at = opening.opened_at or now
    if not now - LONGEST_PAST <= opened_at <= now:
        raise Refused("A complaint can't be of the future, or so old.", field="opened_at")
    present = policy.get(session)
    complaint = Complaint(
        id=new_id("cmp", now),
        **_texts(opening),
        **_references(session, opening, by),
        second=_second(opening),
        about=About(opening.about),
        opened_at=opened_at,
        due_at=opening.due_at or present.due_at(hours, opened_at),
        created_by=by.user_id if by else None,
        created_at=now,
    )
    check_due(complaint, complaint.due_at)
    _check_owner(session, complaint, opening.owner_id)
    complaint.owner_id = opening.owner_id
    stages.set_late_from(complaint, present, hours)
    session.add(complaint)
    session.flush()
    record(session, complaint, "opened", by=by, now=now)
    return complaint


def _texts(opening: Opening) -> dict[str, Any]:
    body, product = clean(opening.body).strip(), one_line(opening.product or "") or None
    if not body:
        raise Refused("Say in a few words what went wrong.", field="body")
    limits = (("body", body, LONGEST_BODY), ("product", product, LONGEST_PRODUCT))
    for field, text, most in (*limits, ("name", opening.name, LONGEST_NAME)):
        if text and len(text) > most:
            raise Refused("This is longer than %(most)s letters.", field=field, most=most)
    return {
        "body": body,
        "product": product,
        "product_key": product_key(product) if product else None,
        "name": one_line(opening.name or "") or None,
        "phone": opening.phone,
        "search_text": search_text(f"{body} {product or ''}"),
    }


def product_key(product: str) -> str:
    """A product's name folded, so that every spelling counts as one."""
    return fold_text(product)[:LONGEST_PRODUCT]


def _references(session: Session, opening: Opening, by: Principal | None) -> dict[str, Any]:
    """The customer, the call and the person complained of; Refused if there is no such one. Only the sender
    of a form may not know who it was.
    """
    if opening.about == About.STAFF and opening.staff_id is None and by is not None:
        raise Refused("Say who is complained of.", field="staff")
    if opening.staff_id is not None and session.get(User, opening.staff_id) is None:
        raise Refused("There is no such user.", field="staff")
    call = session.get(Call, opening.call_id) if opening.call_id else None
    if opening.call_id and call is None:
        raise Refused("There is no such call.", field="call")
    if opening.customer_id and session.get(Customer, opening.customer_id) is None:
        raise Refused("There is no such customer.", field="customer")
    return {
        "customer_id": opening.customer_id or (call.customer_id if call else None),
        "call_id": opening.call_id,
        "staff_id": opening.staff_id,
    }


def _second(opening: Opening) -> int | None:
    if opening.second is not None and not 0 <= opening.second <= LONGEST_SECOND:
        raise Refused("No call has such a second.", field="second")
    return opening.second if opening.call_id else None


def get(session: Session, complaint_id: str, user: Principal) -> Complaint:
    """The complaint of this id; NotFound, also for whoever is complained of."""
    return _existing(session.get(Complaint, complaint_id), user)


def lock(session: Session, complaint_id: str, user: Principal) -> Complaint:
    """The same as it is now, locked until the commit."""
    return _existing(locked(session, Complaint, complaint_id), user)


def _existing(complaint: Complaint | None, user: Principal) -> Complaint:
    if complaint is None or is_hidden(complaint, user):
        raise NotFound("There is no such complaint.")
    return complaint


class Changes(TypedDict, total=False):
    """What may be changed; a field left out stays."""

    stage: str
    owner_id: str | None
    offer: str | None
    resolution: str | None
    root_cause: str | None
    lesson: str | None
    lesson_told: bool
    due_at: datetime
    staff_id: str | None


def change(session: Session, complaint: Complaint, changes: Changes, reader: Reader) -> Complaint:
    """Changes a complaint that is locked, as `reader` wishes; each change is on record, and a stage that
    promises a call does so. Refused for what can't be, RefusedByRule for a stage out of order.
    """
    by, now = reader.user, reader.now
    present = policy.get(session)
    values: dict[str, Any] = {name: value for name, value in changes.items() if name != "stage"}
    for name in ("resolution", "lesson"):
        if name in values:
            values[name] = _text(values[name], name)
    _check(session, complaint, values, present)
    if "staff_id" in values:
        _check_staff(session, complaint, values, by)
    for name, value in values.items():
        before = getattr(complaint, name)
        if before != value:
            setattr(complaint, name, value)
            record(session, complaint, _ACTIONS[name], by=by, now=now, before=before, after=value)
    moved = "stage" in changes and stages.move(session, complaint, Stage(changes["stage"]), by=by, now=now)
    stages.set_late_from(complaint, present, reader.hours)
    session.add(complaint)
    session.flush()
    if "owner_id" in values:
        calls_back.give_to_owner(session, complaint)
    if moved:
        calls_back.promise_call(session, complaint, present, reader)
    return complaint


_ACTIONS = {
    "owner_id": "owner",
    "offer": "offer",
    "resolution": "resolution",
    "root_cause": "cause",
    "lesson": "lesson",
    "lesson_told": "told",
    "due_at": "due",
    "staff_id": "staff",
}


def _text(value: str | None, field: str) -> str | None:
    text = clean(value or "").strip()
    if len(text) > LONGEST_TEXT:
        raise Refused("This is longer than %(most)s letters.", field=field, most=LONGEST_TEXT)
    return text or None


def _check(session: Session, complaint: Complaint, values: dict[str, Any], present: policy.Policy) -> None:
    if values.get("owner_id") != complaint.owner_id:
        _check_owner(session, complaint, values.get("owner_id"))
    if values.get("offer") is not None:
        values["offer"] = Remedy(values["offer"])
    cause = values.get("root_cause")
    if cause is not None and cause != complaint.root_cause and cause not in present.cause_codes:
        raise Refused("There is no such root cause.", field="root_cause")
    if "due_at" in values:
        check_due(complaint, values["due_at"])


def _check_staff(session: Session, complaint: Complaint, values: dict[str, Any], by: Principal) -> None:
    """Refused but for naming whom a form left unnamed, by anybody but that person."""
    staff_id = values["staff_id"]
    if staff_id == complaint.staff_id:
        return
    if not is_unnamed(complaint) or staff_id is None or session.get(User, staff_id) is None:
        raise Refused("There is no such user.", field="staff")
    if staff_id == by.user_id:
        raise Forbidden("A complaint about yourself is taken down by somebody else.", field="staff")
    if staff_id == values.get("owner_id", complaint.owner_id):
        raise Refused("Nobody handles a complaint about themselves.", field="staff")


def _check_owner(session: Session, complaint: Complaint, owner_id: str | None) -> None:
    owner = session.get(User, owner_id) if owner_id else None
    if owner_id and (owner is None or owner.disabled_at is not None):
        raise Refused("There is no such user.", field="owner")
    if owner is not None and is_hidden_from(complaint, owner):
        raise Refused("Nobody handles a complaint about themselves.", field="owner")


def check_due(complaint: Complaint, due_at: datetime) -> None:
    """Refused for a due time before the complaint, or further off than LONGEST_TERM."""
    if not complaint.opened_at < due_at <= complaint.opened_at + LONGEST_TERM:
        raise Refused("A complaint can't be due before it was made, or so far in the future.", field="due_at")


def open_of_customer(session: Session, customer_id: str, user: Principal, limit: int) -> list[Complaint]:
    """The customer's open complaints that this user may know of, newest first."""
    rows = select(Complaint).where(
        Complaint.customer_id == customer_id, col(Complaint.closed_at).is_(None), visible(user)
    )
    newest = rows.order_by(col(Complaint.opened_at).desc(), col(Complaint.id).desc())
    return list(session.exec(newest.limit(limit)))
