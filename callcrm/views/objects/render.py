"""Objects of the API from rows, a page at a time: what they refer to is loaded once for the page."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlmodel import Session, SQLModel, col, select

from callcrm import models
from callcrm.agents.principal import Principal
from callcrm.agents.ring_target import reachable_by
from callcrm.agents.tokens import TokenRow
from callcrm.base.objects import Named
from callcrm.calls.survey_question import sees_mark, without_mark
from callcrm.crm.noun import Reader
from callcrm.crm.promises.objects import objects as promise_objects
from callcrm.crm.promises.promises import of_calls
from callcrm.crm.seams import Seams
from callcrm.customers import identity
from callcrm.customers.customers import phones_of
from callcrm.ledger.facts import RECORDING, facts_from_json
from callcrm.ledger.order import order_key
from callcrm.models.conventions import table_of
from callcrm.recordings.access import permitted_ids
from callcrm.recordings.carrier_words import heard_sids, is_told, without_unheard
from callcrm.views.objects import shapes

Row = TypeVar("Row", bound=SQLModel)


def _by_id(session: Session, model: type[Row], ids: Iterable[str | None]) -> dict[str, Row]:
    wanted = {key for key in ids if key is not None}
    key = table_of(model).c.id
    rows = session.exec(select(model).where(key.in_(wanted))).all() if wanted else []
    return {row.id: row for row in rows}  # type: ignore[attr-defined]  # every model here has an id


def _named(rows: Mapping[str, models.User] | Mapping[str, models.Customer], key: str | None) -> Named | None:
    row = rows.get(key) if key is not None else None
    return None if row is None else Named(id=row.id, name=row.name)


def users(session: Session, ids: Iterable[str | None]) -> dict[str, models.User]:
    """The users with these ids, by id."""
    return _by_id(session, models.User, ids)


def candidates(session: Session, rows: Sequence[models.Call]) -> dict[str, list[Named]]:
    """By number: the customers who share it, for calls without a customer."""
    open_numbers = {row.phone for row in rows if row.customer_id is None and row.phone is not None}
    sharing = identity.candidates_of(session, open_numbers)
    return {
        number: [Named(id=customer.id, name=customer.name) for customer in several]
        for number, several in sharing.items()
        if len(several) > 1
    }


def calls(session: Session, rows: Sequence[models.Call]) -> list[shapes.Call]:
    """These calls as objects, in this order."""
    return [shapes.Call(**parts) for parts in _call_parts(session, rows)]


def call(session: Session, row: models.Call) -> shapes.Call:
    """This call as an object."""
    return calls(session, [row])[0]


def _call_parts(session: Session, rows: Sequence[models.Call]) -> list[dict[str, Any]]:
    owed_rows = of_calls(session, [row.id for row in rows])
    people = users(session, [row.agent_id for row in rows])
    customers = _by_id(session, models.Customer, [row.customer_id for row in rows])
    shared = candidates(session, rows)
    owed = dict(zip(owed_rows, promise_objects(session, list(owed_rows.values())), strict=True))
    return [
        _own_fields(row)
        | {
            "customer": _named(customers, row.customer_id),
            "candidates": shared.get(row.phone or "", []) if row.customer_id is None else [],
            "agent": _named(people, row.agent_id),
            "promise": owed.get(row.id),
        }
        for row in rows
    ]


def _own_fields(row: models.Call) -> dict[str, Any]:
    taken = row.model_dump(include=set(shapes.Call.model_fields))
    path = [
        shapes.Visit(node=str(step.get("node", "")), input=str(step.get("input") or ""))
        for step in row.ivr_path
    ]
    return taken | {"from_": row.from_e164, "to": row.to_e164 or row.to_raw, "ivr_path": path}


def call_detail(session: Session, row: models.Call, reader: Principal) -> shapes.CallDetail:
    """This call as an object with legs, events, notes, recordings and pops. Nothing in it leads to
    audio that the reader may not hear.
    """
    heard = heard_sids(session, reader.user_id, reader.role, row.id)
    return shapes.CallDetail(
        **_call_parts(session, [row])[0],
        legs=_legs(session, row.id),
        events=_events(session, row.carrier_sid, heard, shows_mark=sees_mark(reader, row)),
        notes=_notes(session, row.id),
        recordings=_recordings(session, row.id, reader),
        pops=_pops(session, row.id),
    )


def _legs(session: Session, call_id: str) -> list[shapes.Leg]:
    statement = select(models.Leg).where(models.Leg.call_id == call_id)
    rows = session.exec(statement.order_by(col(models.Leg.position), col(models.Leg.carrier_sid))).all()
    people = users(session, [row.agent_id for row in rows])
    return [
        shapes.Leg(
            agent=_named(people, row.agent_id), **row.model_dump(exclude={"agent_id", "call_id", "position"})
        )
        for row in rows
    ]


def _events(
    session: Session, root_sid: str, heard: Collection[str] | None, *, shows_mark: bool
) -> list[shapes.Event]:
    rows = session.exec(select(models.CarrierEvent).where(models.CarrierEvent.root_sid == root_sid)).all()
    ordered = sorted(rows, key=lambda row: (order_key(facts_from_json(row.facts)), row.key))
    return [
        shapes.Event(
            id=row.key,
            at=row.at,
            received_at=row.received_at,
            kind=row.kind,
            sid=row.sid if row.kind != RECORDING or is_told(row.sid, heard) else root_sid,
            data=without_unheard(row.data if shows_mark else without_mark(row.data, row.facts), heard),
        )
        for row in ordered
    ]


def _notes(session: Session, call_id: str) -> list[shapes.Note]:
    statement = select(models.Note).where(models.Note.call_id == call_id)
    rows = session.exec(statement.order_by(col(models.Note.created_at), col(models.Note.id))).all()
    return [note(row) for row in rows]


def note(row: models.Note) -> shapes.Note:
    """This note as an object."""
    return shapes.Note(
        id=row.id, author=row.author, body=row.body, created_at=row.created_at, version=row.version
    )


def _recordings(session: Session, call_id: str, reader: Principal) -> list[shapes.Recording]:
    statement = select(models.Recording).where(models.Recording.call_id == call_id)
    ordered = statement.order_by(col(models.Recording.created_at), col(models.Recording.carrier_sid))
    shown = [recording(row) for row in session.exec(ordered).all()]
    permitted = permitted_ids(session, reader.user_id, reader.role, [item.id for item in shown])
    return [item if item.id in permitted else without_address(item) for item in shown]


def without_address(shown: shapes.Recording) -> shapes.Recording:
    """The recording for a reader who may not hear it: nothing leads to its audio."""
    return shown.model_copy(update={"carrier_sid": "", "bytes": None, "sha256": None, "media_url": None})


def recording(row: models.Recording) -> shapes.Recording:
    """This recording as an object; `media_url` is None until the audio is stored."""
    stored = row.status == models.RecordingStatus.STORED
    url = f"/api/v1/recordings/{row.id}/media" if stored else None
    return shapes.Recording(**row.model_dump(include=set(shapes.Recording.model_fields)), media_url=url)


def _pops(session: Session, call_id: str) -> list[shapes.Pop]:
    statement = select(models.Pop).where(models.Pop.call_id == call_id)
    rows = session.exec(statement.order_by(col(models.Pop.sent_at), col(models.Pop.id))).all()
    people = users(session, [row.agent_id for row in rows])
    return [
        shapes.Pop(
            agent=_named(people, row.agent_id),
            sent_at=row.sent_at,
            delivered_at=row.delivered_at,
            seen_at=row.seen_at,
        )
        for row in rows
    ]


def customers(
    session: Session, reader: Reader, seams: Seams, rows: Sequence[models.Customer]
) -> list[shapes.Customer]:
    """These customers as objects with their numbers and what the nouns say of them, in this order."""
    ids = [row.id for row in rows]
    numbers = phones_of(session, ids)
    fields: dict[str, Mapping[str, Any]] = {
        field.name: field.load(session, reader, ids) for field in seams.customer_fields
    }
    return [
        shapes.Customer(
            id=row.id,
            name=row.name,
            phones=numbers[row.id],
            language=row.language,
            tier=row.tier,
            version=row.version,
            **{name: by_id[row.id] for name, by_id in fields.items() if row.id in by_id},
        )
        for row in rows
    ]


def customer(session: Session, reader: Reader, seams: Seams, row: models.Customer) -> shapes.Customer:
    """This customer as an object with their numbers and what the nouns say of them."""
    return customers(session, reader, seams, [row])[0]


def token(row: TokenRow) -> shapes.Token:
    """This token as an object; its secret is nowhere."""
    return shapes.Token(
        **row.token.model_dump(
            include={"id", "name", "role", "created_at", "last_used_at", "expires_at", "revoked_at"}
        ),
        user=Named(id=row.user.id, name=row.user.name) if row.user else None,
    )


def agent(row: models.Agent, user: models.User, now: datetime) -> shapes.Agent:
    """This agent as an object, with their present state."""
    return shapes.Agent(
        **row.model_dump(include={"id", "state", "since", "queues", "skills", "languages", "version"}),
        **user.model_dump(include={"name", "email", "number"}),
        reachable=reachable_by(row, user, now),
    )
