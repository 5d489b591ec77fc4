"""Messages as objects of the API, a page at a time."""

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session, col, select

from callcrm import models
from callcrm.base.objects import Named
from callcrm.base.phones import to_e164
from callcrm.messages import media
from callcrm.views.objects import shapes
from callcrm.views.people import customer_names, names_by_id

NO_REGION = "ZZ"  # the carrier writes numbers internationally
# Of the row; all else of the object is made here.
OWN = {
    "id",
    "carrier_sid",
    "direction",
    "channel",
    "from_raw",
    "body",
    "status",
    "error",
    "created_at",
    "answered_at",
}


def messages(session: Session, rows: Sequence[models.Message]) -> list[shapes.Message]:
    """These messages as objects, in this order."""
    return [shapes.Message(**parts) for parts in _parts(session, rows)]


def message_detail(session: Session, row: models.Message) -> shapes.MessageDetail:
    """This message as an object, with its events."""
    return shapes.MessageDetail(**_parts(session, [row])[0], events=_events(session, row.id))


def _parts(session: Session, rows: Sequence[models.Message]) -> list[dict[str, Any]]:
    authors = names_by_id(session, {row.author_id for row in rows if row.author_id})
    customers = customer_names(session, {row.customer_id for row in rows if row.customer_id})
    files = media.of_messages(session, [row.id for row in rows])
    return [
        row.model_dump(include=OWN)
        | {
            "from_": to_e164(row.from_raw, NO_REGION),
            "to": to_e164(row.to_raw, NO_REGION) or row.to_raw,
            "media": [_file(file) for file in files[row.id]],
            "customer": _named(customers, row.customer_id),
            "author": _named(authors, row.author_id),
            **{name: row.details.get(name) for name in ("location", "button", "profile_name")},
        }
        for row in rows
    ]


def _named(names: dict[str, str], key: str | None) -> Named | None:
    return Named(id=key, name=names[key]) if key in names and key is not None else None


def _file(row: models.MessageMedia) -> shapes.MessageMedia:
    stored = row.status == models.MediaStatus.STORED
    url = f"/api/v1/media/{row.id}" if stored else None
    return shapes.MessageMedia(**row.model_dump(include=set(shapes.MessageMedia.model_fields)), media_url=url)


def _events(session: Session, message_id: str) -> list[shapes.Event]:
    forms = select(models.MessageEvent).where(models.MessageEvent.message_id == message_id)
    return [
        shapes.Event(
            id=row.key, at=None, received_at=row.received_at, kind=row.kind, sid=row.sid, data=row.data
        )
        for row in session.exec(forms.order_by(col(models.MessageEvent.id)))
    ]
