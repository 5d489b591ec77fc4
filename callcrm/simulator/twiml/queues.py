"""Queues: created when first named, first come first served."""

from dataclasses import dataclass, field
from datetime import datetime

from callcrm.simulator.account import Sids


@dataclass
class Queue:
    """One queue. `members`: since when each call waits, in order; `past_waits`: seconds of those who left."""

    sid: str
    name: str
    max_size: int
    members: dict[str, datetime] = field(default_factory=dict)
    past_waits: list[float] = field(default_factory=list)

    @property
    def full(self) -> bool:
        """Whether nobody more is taken in."""
        return len(self.members) >= self.max_size

    def enter(self, call_sid: str, now: datetime) -> None:
        """Add a call at the end."""
        self.members[call_sid] = now

    def leave(self, call_sid: str, now: datetime) -> float:
        """Remove a call; the seconds it waited."""
        seconds = (now - self.members.pop(call_sid)).total_seconds()
        self.past_waits.append(seconds)
        return seconds

    def wait_params(self, call_sid: str, now: datetime) -> dict[str, str]:
        """The parameters of a waitUrl request: this call's position and time, and the queue's figures."""
        average = round(sum(self.past_waits) / len(self.past_waits)) if self.past_waits else 0
        return {
            "QueueSid": self.sid,
            "QueuePosition": str(list(self.members).index(call_sid) + 1),
            "QueueTime": str(round((now - self.members[call_sid]).total_seconds())),
            "AvgQueueTime": str(average),
            "CurrentQueueSize": str(len(self.members)),
            "MaxQueueSize": str(self.max_size),
        }


@dataclass
class Queues:
    """The account's queues by name."""

    sids: Sids
    max_size: int
    by_name: dict[str, Queue] = field(default_factory=dict)

    def get_or_create(self, name: str) -> Queue:
        """The queue of this name."""
        if name not in self.by_name:
            self.by_name[name] = Queue(self.sids.new("QU"), name, self.max_size)
        return self.by_name[name]
