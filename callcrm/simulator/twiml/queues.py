"""Queues: made when first named, first come first served."""

from dataclasses import dataclass, field
from datetime import datetime

from callcrm.simulator.account import Sids


@dataclass
class Queue:
    """Who waits, in order, since when; and how long those waited who have gone."""

    sid: str
    name: str
    limit: int
    members: dict[str, datetime] = field(default_factory=dict)
    waits: list[float] = field(default_factory=list)

    @property
    def full(self) -> bool:
        """Whether nobody more is taken in."""
        return len(self.members) >= self.limit

    def enter(self, call_sid: str, now: datetime) -> None:
        """Stand at the end."""
        self.members[call_sid] = now

    def leave(self, call_sid: str, now: datetime) -> float:
        """Go; the seconds waited."""
        waited = (now - self.members.pop(call_sid)).total_seconds()
        self.waits.append(waited)
        return waited

    def waiting_params(self, call_sid: str, now: datetime) -> dict[str, str]:
        """What a wait request says of this caller and the queue."""
        return {
            "QueueSid": self.sid,
            "QueuePosition": str(list(self.members).index(call_sid) + 1),
            "QueueTime": str(round((now - self.members[call_sid]).total_seconds())),
            "AvgQueueTime": str(round(sum(self.waits) / len(self.waits)) if self.waits else 0),
            "CurrentQueueSize": str(len(self.members)),
            "MaxQueueSize": str(self.limit),
        }


@dataclass
class Queues:
    """The account's queues by name."""

    sids: Sids
    limit: int
    by_name: dict[str, Queue] = field(default_factory=dict)

    def named(self, name: str) -> Queue:
        """The queue of this name, made now if need be."""
        if name not in self.by_name:
            self.by_name[name] = Queue(self.sids.new("QU"), name, self.limit)
        return self.by_name[name]
