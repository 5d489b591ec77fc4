"""Sending a message: at most once. Unanswered or killed in the middle it is unknown, and never sent again."""

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
from callcrm.messages.receive import UNKNOWN, UNKNOWN_RANK
from callcrm.models import Direction, Message
from callcrm.store.enqueue import enqueue
from callcrm.store.store import Store

JOB = "send_message"
LONGEST = 1600
DEADLINE = 10.0
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=10)
PATIENCE = timedelta(hours=4)


def compose(
    session: Session, settings: Settings, *, to: str, body: str, author_id: str | None, now: datetime
) -> Message:
    """A message to this number, on its way once the transaction is; Refused if it can't be sent at all."""
    if not settings.numbers:
        raise Refused("no number of ours to send from is configured (CALLCRM_NUMBERS)")
    phone, own = to_e164(to, settings.default_region), {*settings.numbers, *settings.operator_numbers}
    if phone is None or phone in own:
        raise Refused("this is no number a message can be sent to", field="to")
    text = clean(body).strip()
    if not text:
        raise Refused("a message needs a text", field="body")
    if len(text) > LONGEST:
        raise TooLarge("a message has at most %(most)s characters", field="body", most=LONGEST)
    message = Message(
        id=new_id("msg", now),
        direction=Direction.OUTBOUND,
        from_raw=settings.numbers[0],
        to_raw=phone,
        phone=phone,
        body=text,
        status="queued",
        status_rank=STATUS_RANKS["queued"],
        customer_id=identity.resolve(session, phone, own),
        author_id=author_id,
        created_at=now,
        received_at=now,
    )
    session.add(message)
    session.flush()
    enqueue(session, JOB, f"message:{message.id}", {"id": message.id}, now)
    return message


@dataclass(frozen=True)
class Sender:
    """Hands composed messages to the carrier."""

    store: Store
    rest_client: RestClient
    settings: Settings
    clock: Clock

    async def send(self, message_id: str) -> timedelta | None:
        """None once there is nothing left to do, else when to try again."""
        message = await self._write(partial(begun, message_id=message_id))
        if message is None:
            return None
        try:
            sent = await self.rest_client.send_message(
                to=message.to_raw, from_=message.from_raw, body=message.body, status_url=self._status_url
            )
        except CarrierUnknown:
            await self._write(partial(_became, message_id=message_id, status=UNKNOWN, rank=UNKNOWN_RANK))
            return None
        except CarrierRefused as refusal:
            await self._failed(message_id, str(refusal.code or refusal.status or "refused"))
            return None
        except CarrierDown:
            return await self._later(message)
        await self._write(partial(settled, message_id=message_id, sent=sent))
        return None

    @property
    def _status_url(self) -> str:
        return f"{self.settings.public_url}{urls.ROOT}/message/status"

    async def _write(self, verb: Any) -> Any:
        return await self.store.write(verb, deadline=DEADLINE)

    async def _failed(self, message_id: str, why: str) -> None:
        rank = STATUS_RANKS["failed"]
        await self._write(partial(_became, message_id=message_id, status="failed", rank=rank, error=why))

    async def _later(self, message: Message) -> timedelta | None:
        waited = self.clock.now() - message.created_at
        if waited >= PATIENCE:
            await self._failed(message.id, "carrier can't be reached")
            return None
        await self._write(
            partial(_became, message_id=message.id, status="queued", rank=STATUS_RANKS["queued"])
        )
        return min(max(waited, FIRST_PAUSE), LONGEST_PAUSE)


def begun(session: Session, message_id: str) -> Message | None:
    """The message if it is now ours to hand over; None if it has been, or may have been."""
    won = session.exec(
        update(Message)
        .where(
            col(Message.id) == message_id, col(Message.status) == "queued", col(Message.carrier_sid).is_(None)
        )
        .values(status="sending", status_rank=STATUS_RANKS["sending"])
    )
    message = session.exec(select(Message).where(Message.id == message_id)).first()
    if won.rowcount:
        return message
    if message and message.status == "sending" and message.carrier_sid is None:
        message.status = UNKNOWN  # whoever began was killed before the answer was written down
        session.add(message)
    return None


def _became(session: Session, message_id: str, *, status: str, rank: int, error: str | None = None) -> None:
    waiting = (col(Message.id) == message_id, col(Message.carrier_sid).is_(None))
    session.exec(update(Message).where(*waiting).values(status=status, status_rank=rank, error=error))


def settled(session: Session, message_id: str, sent: SentMessage) -> None:
    """Write down the carrier's SID; if reports under it were faster, theirs is the status."""
    message = session.exec(select(Message).where(Message.id == message_id)).one()
    early = session.exec(select(Message).where(Message.carrier_sid == sent.sid)).first()
    progress: tuple[str, int, str | None] = sent.status, STATUS_RANKS.get(sent.status, 0), None
    if early is not None and early.id != message.id:
        progress = early.status, early.status_rank, early.error
        _give_up_sid(session, early)
    message.carrier_sid = sent.sid
    if progress[1] >= message.status_rank:
        message.status, message.status_rank, message.error = progress
    session.add(message)


def _give_up_sid(session: Session, early: Message) -> None:
    """Take the SID from the row reports made of it, or from a message they were mistaken for."""
    if early.body:
        early.carrier_sid, early.status, early.status_rank = None, UNKNOWN, UNKNOWN_RANK
        session.add(early)
    else:
        session.delete(early)
    session.flush()
