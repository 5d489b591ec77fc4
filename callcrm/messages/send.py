"""Sending a message at most once: if the carrier's response is lost, or we are killed before it comes, the
message is `unknown` and never sent again.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlmodel import Session, col, select, update

from callcrm.base.clock import Clock
from callcrm.base.errors import Refused, TooLarge
from callcrm.base.ids import new_id
from callcrm.base.phones import to_e164
from callcrm.base.text import clean
from callcrm.carrier import urls
from callcrm.carrier.errors import CarrierDown, CarrierRefused, CarrierUnknown
from callcrm.carrier.messages import STATUS_RANKS
from callcrm.carrier.rest import RestClient, SentMessage
from callcrm.config import Settings
from callcrm.customers import identity
from callcrm.messages import answers, texts
from callcrm.messages.receive import UNKNOWN, UNKNOWN_RANK
from callcrm.models import Direction, Message, MessageEvent
from callcrm.store.enqueue import enqueue
from callcrm.store.store import Store, now

SEND_JOB = "send_message"
MAX_LENGTH = 1600  # characters: the carrier refuses longer bodies
DEADLINE = 10.0  # seconds
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=10)
GIVE_UP_AFTER = timedelta(hours=4)


def compose(
    session: Session, settings: Settings, *, to: str, body: str, author_id: str | None, now: datetime
) -> Message:
    """A new message, sent by a job once the transaction is committed; Refused or TooLarge if it can't be."""
    if not settings.numbers:
        raise Refused("no number of ours to send from is configured (CALLCRM_NUMBERS)")
    phone, own = to_e164(to, settings.default_region), {*settings.numbers, *settings.operator_numbers}
    if phone is None or phone in own:
        raise Refused("this is no number a message can be sent to", field="to")
    text = clean(body).strip() if len(body) <= MAX_LENGTH else body
    if len(text) > MAX_LENGTH:
        raise TooLarge("a message has at most %(most)s characters", field="body", most=MAX_LENGTH)
    if not text:
        raise Refused("a message needs a text", field="body")
    message = Message(
        id=new_id("msg", now),
        direction=Direction.OUTBOUND,
        from_raw=settings.numbers[0],
        to_raw=phone,
        phone=phone,
        party=texts.party(phone, phone),
        body=text,
        search_text=texts.search_text(text, phone, {}),
        status="queued",
        status_rank=STATUS_RANKS["queued"],
        customer_id=identity.resolve(session, phone, own),
        author_id=author_id,
        created_at=now,
        received_at=now,
    )
    session.add(message)
    session.flush()
    enqueue(session, SEND_JOB, f"message:{message.id}", {"id": message.id}, now)
    return message


@dataclass(frozen=True)
class Sender:
    """Sends composed messages."""

    store: Store
    rest_client: RestClient
    settings: Settings
    clock: Clock

    async def send(self, message_id: str) -> timedelta | None:
        """None once there is nothing left to do, else how long to wait before the next attempt."""
        message = await self._write(partial(claim, message_id=message_id))
        if message is None:
            return None
        try:
            sent = await self.rest_client.send_message(
                to=message.to_raw, from_=message.from_raw, body=message.body, status_url=self._status_url
            )
        except CarrierUnknown:
            await self._write(partial(_set_status, message_id=message_id, status=UNKNOWN, rank=UNKNOWN_RANK))
            return None
        except CarrierRefused as refusal:
            await self._failed(message_id, str(refusal.code or refusal.status or "refused"))
            return None
        except CarrierDown:
            return await self._retry_later(message)
        await self._write(partial(record_sent, message_id=message_id, sent=sent))
        return None

    @property
    def _status_url(self) -> str:
        return f"{self.settings.public_url}{urls.ROOT}/message/status"

    async def _write(self, verb: Any) -> Any:
        return await self.store.write(verb, deadline=DEADLINE)

    async def _failed(self, message_id: str, error: str) -> None:
        rank = STATUS_RANKS["failed"]
        await self._write(
            partial(_set_status, message_id=message_id, status="failed", rank=rank, error=error)
        )

    async def _retry_later(self, message: Message) -> timedelta | None:
        waited = self.clock.now() - message.created_at
        if waited >= GIVE_UP_AFTER:
            await self._failed(message.id, "carrier can't be reached")
            return None
        await self._write(
            partial(_set_status, message_id=message.id, status="queued", rank=STATUS_RANKS["queued"])
        )
        return min(max(waited, FIRST_PAUSE), LONGEST_PAUSE)


def claim(session: Session, message_id: str) -> Message | None:
    """The message, if the caller is now to send it; None if it has been sent, or may have been."""
    claimed = session.exec(
        update(Message)
        .where(
            col(Message.id) == message_id, col(Message.status) == "queued", col(Message.carrier_sid).is_(None)
        )
        .values(status="sending", status_rank=STATUS_RANKS["sending"])
    )
    message = session.exec(select(Message).where(Message.id == message_id)).first()
    if claimed.rowcount:
        return message
    if message and message.status == "sending" and message.carrier_sid is None:
        message.status = UNKNOWN  # a worker was killed between claiming it and recording the response
        session.add(message)
    return None


def _set_status(
    session: Session, message_id: str, *, status: str, rank: int, error: str | None = None
) -> None:
    # A report that came meanwhile has given it a SID, and its status stands.
    without_sid = (col(Message.id) == message_id, col(Message.carrier_sid).is_(None))
    session.exec(update(Message).where(*without_sid).values(status=status, status_rank=rank, error=error))


def record_sent(session: Session, message_id: str, sent: SentMessage) -> None:
    """Records the carrier's SID, and its status unless reports under that SID came before the response."""
    message = session.exec(select(Message).where(Message.id == message_id)).one()
    early = session.exec(select(Message).where(Message.carrier_sid == sent.sid)).first()
    status: tuple[str, int, str | None] = sent.status, STATUS_RANKS.get(sent.status, 0), None
    if early is not None and early.id != message.id:
        status = early.status, early.status_rank, early.error
        forms = update(MessageEvent).where(col(MessageEvent.sid) == sent.sid)
        session.exec(forms.values(message_id=message.id))
        _free_sid(session, early)
    message.carrier_sid = sent.sid
    if status[1] >= message.status_rank:
        message.status, message.status_rank, message.error = status
    session.add(message)
    session.flush()
    answers.judge(session, sent.sid, now(session))


def _free_sid(session: Session, early: Message) -> None:
    """Takes the SID from the row that reports inserted, or from another message they were matched with."""
    if early.body:
        early.carrier_sid, early.status, early.status_rank = None, UNKNOWN, UNKNOWN_RANK
        session.add(early)
    else:
        session.delete(early)
    session.flush()
