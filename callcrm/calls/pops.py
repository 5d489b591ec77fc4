"""Pops: a call on an agent's screen before their phone rings, and the receipts that it arrived."""

from datetime import datetime

from sqlalchemy import bindparam, insert, select, update
from sqlmodel import Session

from callcrm.base.ids import new_id
from callcrm.live.announce import announce
from callcrm.live.kinds import LiveKind
from callcrm.models import Pop
from callcrm.models.conventions import table_of
from callcrm.store.deferred_writes import read_prepared, write_deferred

POP = table_of(Pop)
RECEIPTS = ("delivered", "seen")
_INSERT = insert(POP)
_AGENTS = select(POP.c.agent_id).where(POP.c.call_id == bindparam("call")).distinct()


_AGENTS_SINCE = _AGENTS.where(POP.c.sent_at > bindparam("since"))


def create_pop(session: Session, call_id: str, agent_id: str, now: datetime) -> None:
    """Records a pop for this agent, and announces the call to them alone."""
    values = {"id": new_id("pop", now), "call_id": call_id, "agent_id": agent_id, "sent_at": now}
    write_deferred(session, _INSERT, values)
    announce(session, LiveKind.CALL_OFFERED, call_id, to=(agent_id,))


def agents(session: Session, call_id: str, since: datetime | None = None) -> frozenset[str]:
    """The agents the call has been offered to, since then if given."""
    if since is None:
        rows = read_prepared(session, _AGENTS, {"call": call_id})
    else:
        rows = read_prepared(session, _AGENTS_SINCE, {"call": call_id, "since": since})
    return frozenset(row["agent_id"] for row in rows)


def record_receipt(session: Session, call_id: str, agent_id: str, kind: str, now: datetime) -> bool:
    """Records that the agent's latest pop of the call is on their screen, or with `seen` was looked at; False
    if that was recorded before.
    """
    due = POP.c.seen_at if kind == "seen" else POP.c.delivered_at
    values = {"seen_at": now} if kind == "seen" else {"delivered_at": now}
    latest = (
        select(POP.c.id)
        .where(POP.c.call_id == call_id, POP.c.agent_id == agent_id)
        .order_by(POP.c.sent_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    done = session.connection().execute(update(POP).where(POP.c.id == latest, due.is_(None)).values(**values))
    return bool(done.rowcount)
