"""The one list of live events: what each says, and who gets it.

A row here is all a new kind needs before `announce` can send it. Pages are given the list and subscribe to
all of it; whoever shows a kind names it: a template in `hx-trigger="live:KIND from:document"`, a script in
`onLive`, the API with a renderer in `api/live_frames.py`.
"""

from enum import StrEnum
from typing import Self


class LiveKind(StrEnum):
    """A kind of live event: its name, whether supervisors get it besides the users it is announced to,
    whether pages get it, and whether everybody does. An event carries its subject's id alone; what is new is
    read by those who may.
    """

    supervisors: bool
    pages: bool
    everybody: bool

    def __new__(
        cls, name: str, supervisors: bool = True, pages: bool = True, everybody: bool = False
    ) -> Self:
        """The kind of this name."""
        kind = str.__new__(cls, name)
        kind._value_ = name
        kind.supervisors, kind.pages, kind.everybody = supervisors, pages, everybody
        return kind

    # A call is offered to the agent who is being rung; supervisors get an update of it at the same moment.
    CALL_OFFERED = "call.offered", False
    # Anything about a call has changed: to the agents it concerns.
    CALL_UPDATED = "call.updated"
    # The call is over; what is known of it may still grow.
    CALL_ENDED = "call.ended"
    # An agent's state, queues or reachability: to that agent.
    AGENT_UPDATED = "agent.updated"
    # A caller has come into a queue or left it. The subject is the queue's name; agents see it on the board.
    QUEUE_UPDATED = "queue.updated"
    # A promise was made, given to somebody else, kept, dropped or put off: to its owner.
    PROMISE_UPDATED = "promise.updated"
    # A message came in, or was answered or opened again: to everybody, since a message is to the business.
    # Pages alone show it.
    MESSAGE_UPDATED = "message.updated", True, True, True
    # A reward was asked for, given, refused or undone: to whoever asked. Pages alone show it.
    REDEMPTION_UPDATED = "redemption.updated"
    # An incident was filed, withdrawn or taken on, or a step of the ladder proposed or decided: to
    # supervisors, and to the agent who bore the incident. Pages alone show it.
    CONDUCT_UPDATED = "conduct.updated"
    # A login session is over or a token revoked: its streams end by it, in whichever process, and the client
    # finds out by that.
    SESSION_ENDED = "session.ended", False, False


TO_EVERYBODY = frozenset(kind for kind in LiveKind if kind.everybody)
PAGE_KINDS = tuple(kind for kind in LiveKind if kind.pages)
