"""The tables, one file a noun. Importing this package registers them all."""

from callcrm.models import naming
from callcrm.models.agent import Agent, AgentState, StateChange
from callcrm.models.call import Call, CallState, Direction, Leg, Outcome, Pop
from callcrm.models.consent import Consent
from callcrm.models.customer import Customer, CustomerPhone
from callcrm.models.event import CarrierEvent
from callcrm.models.idempotency import IdempotencyKey
from callcrm.models.job import Job
from callcrm.models.live import LiveEvent, Watch
from callcrm.models.message import Message
from callcrm.models.note import Note
from callcrm.models.placing import Placed, Placing
from callcrm.models.promise import Promise, PromiseKind, PromiseState
from callcrm.models.recording import Recording, RecordingKind, RecordingStatus
from callcrm.models.user import Attempt, PasswordLink, Place, Role, SignIn, Token, User

__all__ = [
    "Agent",
    "AgentState",
    "Attempt",
    "Call",
    "CallState",
    "CarrierEvent",
    "Consent",
    "Customer",
    "CustomerPhone",
    "Direction",
    "IdempotencyKey",
    "Job",
    "Leg",
    "LiveEvent",
    "Message",
    "Note",
    "Outcome",
    "PasswordLink",
    "Place",
    "Placed",
    "Placing",
    "Pop",
    "Promise",
    "PromiseKind",
    "PromiseState",
    "Recording",
    "RecordingKind",
    "RecordingStatus",
    "Role",
    "SignIn",
    "StateChange",
    "Token",
    "User",
    "Watch",
    "naming",
]
