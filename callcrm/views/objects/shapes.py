"""What the API answers, field by field as the contract names them."""

from typing import Any, Generic, TypeVar

from pydantic import ConfigDict, Field

from callcrm.base.objects import E164, Named, OurPath, Shape, Time, VersionedShape
from callcrm.crm.conduct.objects import ContactPlan
from callcrm.crm.loyalty.objects import Offer
from callcrm.crm.promises.objects import Promise
from callcrm.crm.purchases.objects import Purchase, Return, Worth
from callcrm.models import (
    AgentState,
    CallState,
    Direction,
    MediaStatus,
    Outcome,
    RecordingKind,
    RecordingStatus,
    Role,
)

Item = TypeVar("Item")


class Listing(Shape, Generic[Item]):
    """One page of a list, newest first."""

    items: list[Item]
    next: str | None = None


class Visit(Shape):
    """A menu the caller came through, and what they pressed there ("" for nothing)."""

    node: str
    input: str


class Call(VersionedShape):
    """One call with all its legs."""

    id: str
    carrier: str
    carrier_sid: str
    direction: Direction
    from_: str | None = Field(serialization_alias="from")
    from_raw: str | None
    to: str | None
    state: CallState
    outcome: Outcome | None
    customer: Named | None
    candidates: list[Named]
    agent: Named | None
    queue: str | None
    language: str | None
    ivr_path: list[Visit]
    disposition: str | None
    subject: str | None = Field(description="The code of what it was about, in the tree of subjects.")
    started_at: Time
    answered_at: Time | None
    ended_at: Time | None
    wait_seconds: int | None
    talk_seconds: int | None
    duration_seconds: int | None
    promise: Promise | None


class Leg(Shape):
    """One phone within a call."""

    carrier_sid: str
    agent: Named | None
    target: str | None
    rang_at: Time | None
    answered_at: Time | None
    ended_at: Time | None
    status: str | None


class Event(Shape):
    """One thing the carrier told us, as received; in the order the carrier gives, not of arrival."""

    id: str
    at: Time | None
    received_at: Time
    kind: str
    sid: str
    data: dict[str, Any]


class Note(VersionedShape):
    """What somebody wrote down."""

    id: str
    author: str
    body: str
    created_at: Time


class Recording(Shape):
    """Audio of a call; `media_url`, once stored, is relative to the server. For who may not hear it there is
    no address: `carrier_sid` is empty, `media_url`, `sha256` and `bytes` are null.
    """

    id: str
    carrier_sid: str
    kind: RecordingKind
    status: RecordingStatus
    duration_seconds: int | None
    bytes: int | None
    sha256: str | None
    media_url: OurPath | None


class Pop(Shape):
    """A call shown on an agent's screen, and how far it got."""

    agent: Named | None
    sent_at: Time
    delivered_at: Time | None
    seen_at: Time | None


class CallDetail(Call):
    """A call with its whole story."""

    legs: list[Leg]
    events: list[Event]
    notes: list[Note]
    recordings: list[Recording]
    pops: list[Pop]


class Customer(VersionedShape):
    """A person or household we serve."""

    id: str
    name: str
    phones: list[E164]
    language: str | None
    tier: str | None
    tier_reason: str | None = Field(default=None, description="Why this tier, in the reader's language.")
    worth: Worth | None = None
    offers: list[Offer] = Field(default_factory=list)
    open_complaints: int = Field(default=0, description="As many as the reader may know of.")
    contact_plan: ContactPlan | None = None
    version: int = Field(description="Grows with each edit; the ETag is this number in quotes.")


class MessageMedia(Shape):
    """A file of a message; `media_url`, once stored, is relative to the server."""

    id: str
    content_type: str | None
    bytes: int | None
    sha256: str | None
    status: MediaStatus
    media_url: OurPath | None


class Location(Shape):
    """A place, in degrees, as somebody sent it."""

    latitude: float
    longitude: float
    label: str | None
    address: str | None


class Button(Shape):
    """The button of a message of ours that was pressed."""

    text: str | None
    payload: str | None


class Message(Shape):
    """An SMS or WhatsApp message."""

    id: str
    carrier_sid: str | None
    direction: Direction
    channel: str
    from_: str | None = Field(serialization_alias="from")
    from_raw: str
    to: str
    body: str
    media: list[MessageMedia]
    location: Location | None
    button: Button | None
    profile_name: str | None
    status: str
    error: str | None
    customer: Named | None
    author: Named | None
    created_at: Time
    answered_at: Time | None


class MessageDetail(Message):
    """A message with every form the carrier sent about it."""

    events: list[Event]


class Agent(VersionedShape):
    """Somebody who answers calls. `queues` is null for every queue."""

    id: str
    name: str
    email: str
    number: str | None
    state: AgentState
    since: Time
    queues: list[str] | None
    skills: list[str]
    languages: list[str]
    reachable: list[str] = Field(description="`softphone` or `phone`, the one rung first at the front.")


class Token(Shape):
    """A bearer token of the API, in the name of a user or, with null, of a program."""

    id: str
    name: str
    role: Role
    user: Named | None
    created_at: Time
    last_used_at: Time | None = Field(description="To the minute.")
    expires_at: Time | None
    revoked_at: Time | None


class Queue(Shape):
    """A queue as it is now."""

    name: str
    waiting: int
    longest_wait_seconds: int | None
    agents: dict[AgentState, int]


class Moment(Shape):
    """One thing in a customer's history; the field named by `kind` (call, note, promise, …) holds it."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=False, extra="allow")

    kind: str
    at: Time
    call: Call | None = None
    note: Note | None = None
    recording: Recording | None = None
    message: Message | None = None
    promise: Promise | None = None
    purchase: Purchase | None = None
    return_: Return | None = Field(default=None, alias="return")


class LiveCall(Shape):
    """The data of `call.offered`, `call.updated` and `call.ended`."""

    call: Call
    customer: Customer | None
    candidates: list[Named]


class LiveQueue(Shape):
    """The data of `queue.updated`."""

    queue: Queue


class LiveAgent(Shape):
    """The data of `agent.updated`."""

    agent: Agent


class Fault(Shape):
    """One field of a request that doesn't fit."""

    pointer: str
    detail: str


class Problem(Shape):
    """An error (RFC 9457)."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=False)

    type: str = Field(description="about:blank, or what ends in the code of the rule that refuses it.")
    title: str
    status: int
    detail: str
    errors: list[Fault] = Field(default_factory=list)
    present: dict[str, Any] | list[Any] | None = Field(
        default=None, description="With 412: the object as it is now, as GET answers with it."
    )
