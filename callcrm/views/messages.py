"""Messages as rows of a list, and as results of a search."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from callcrm.crm.noun import Hit, Reader, SearchKind
from callcrm.i18n import labels
from callcrm.i18n.locale import Locale
from callcrm.messages import media
from callcrm.messages import search as messages_search
from callcrm.messages.search import MessageQuery
from callcrm.models import Customer, Direction, Message, MessageMedia
from callcrm.views.customers import texts
from callcrm.views.people import customer_names, names_by_id

MATCHED = 200  # characters of a message in a result


@dataclass(frozen=True, slots=True)
class MessageRow:
    """A message in a list; `author` wrote one of ours, "" if no user did."""

    message: Message
    customer: Customer | None
    media: Sequence[MessageMedia]
    author: str

    @property
    def incoming(self) -> bool:
        """Whether it came in."""
        return self.message.direction == Direction.INBOUND

    @property
    def phone(self) -> str | None:
        """The other party's number."""
        return self.message.phone

    @property
    def address(self) -> str:
        """The other party as the carrier writes them, for those who have no number."""
        return address_of(self.message)

    @property
    def marked(self) -> bool:
        """Whether a user or a program marked it as answered, and no message of ours answers it."""
        return bool(self.message.answered_by) and not (self.message.answered_by or "").startswith("msg_")

    @property
    def waits(self) -> bool:
        """Whether nobody has answered it."""
        return self.incoming and self.message.answered_at is None


def address_of(message: Message) -> str:
    """The other party of a message as the carrier writes them."""
    raw = message.from_raw if message.direction == Direction.INBOUND else message.to_raw
    return raw.partition(":")[2] or raw


def rows(session: Session, messages: Sequence[Message]) -> list[MessageRow]:
    """The messages as rows, in their order."""
    ids = {message.customer_id for message in messages if message.customer_id}
    people = session.exec(select(Customer).where(col(Customer.id).in_(ids))).all() if ids else ()
    by_id = {customer.id: customer for customer in people}
    users = {key for row in messages for key in (row.author_id,) if key}
    names, files = names_by_id(session, users), media.of_messages(session, [row.id for row in messages])
    return [
        MessageRow(
            row,
            by_id.get(row.customer_id or ""),
            files[row.id],
            names.get(row.author_id or "", ""),
        )
        for row in messages
    ]


def find(session: Session, reader: Reader, q: str, limit: int, *, region: str) -> list[Hit]:
    """Messages that have all these words, or are with this number, newest first."""
    wanted = MessageQuery(q=q)
    matching = messages_search.messages(session, wanted, region=region, after=None, limit=limit)
    names = customer_names(session, {row.customer_id for row in matching if row.customer_id})
    return [
        Hit(
            texts.message(reader.locale, row),
            f"/messages/{row.id}",
            matched=" · ".join(
                part for part in (_party(reader.locale, row, names), row.body[:MATCHED]) if part
            ),
            at=row.created_at,
        )
        for row in matching
    ]


def _party(locale: Locale, row: Message, names: Mapping[str, str]) -> str:
    return names.get(row.customer_id or "") or labels.party(locale, row.phone, address_of(row))


def search_kind(region: str) -> SearchKind:
    """The search among messages, numbers written as in this region."""
    return SearchKind(
        name="message",
        title=lambda locale: locale._("Messages"),
        find=lambda session, reader, q, limit: find(session, reader, q, limit, region=region),
    )
