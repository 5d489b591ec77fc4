"""The tables, one file a noun. Importing this package registers them all.

Those of the nouns around the call are found in `crm/`, so that a new one touches nothing but its own file.
"""

from importlib import import_module
from pkgutil import iter_modules

from callcrm.models import conventions, crm
from callcrm.models.calls.call import LONG_WAIT, Call, CallState, Direction, Leg, Outcome, Pop
from callcrm.models.calls.consent import Consent
from callcrm.models.calls.dial_request import DialChannel, DialRequest, DialStatus
from callcrm.models.calls.event import CarrierEvent
from callcrm.models.calls.recording import Recording, RecordingKind, RecordingStatus
from callcrm.models.crm.promise import (
    SHOWN_PROMISE,
    Promise,
    PromiseKind,
    PromiseState,
    shown_to,
)
from callcrm.models.customer import Customer, CustomerPhone, CustomerTouch
from callcrm.models.message import MediaStatus, Message, MessageEvent, MessageMedia
from callcrm.models.note import Note
from callcrm.models.people.agent import Agent, AgentState, StateChange
from callcrm.models.people.kept import FormToken, KeptForm, KeptSearch
from callcrm.models.people.login import AccountGuesses, KnownBrowser, LoginAttempt, LoginSession
from callcrm.models.people.user import PasswordLink, Role, Token, User
from callcrm.models.system.audit import AuditEntry
from callcrm.models.system.idempotency import IdempotencyKey
from callcrm.models.system.job import Job
from callcrm.models.system.live import LiveEvent, Presence
from callcrm.models.system.search import SearchDue, SearchEntry
from callcrm.models.system.setting import Setting
from callcrm.models.versions import Versioned

for _module in iter_modules(crm.__path__, f"{crm.__name__}."):
    import_module(_module.name)

__all__ = [
    "LONG_WAIT",
    "SHOWN_PROMISE",
    "AccountGuesses",
    "Agent",
    "AgentState",
    "AuditEntry",
    "Call",
    "CallState",
    "CarrierEvent",
    "Consent",
    "Customer",
    "CustomerPhone",
    "CustomerTouch",
    "DialChannel",
    "DialRequest",
    "DialStatus",
    "Direction",
    "FormToken",
    "IdempotencyKey",
    "Job",
    "KeptForm",
    "KeptSearch",
    "KnownBrowser",
    "Leg",
    "LiveEvent",
    "LoginAttempt",
    "LoginSession",
    "MediaStatus",
    "Message",
    "MessageEvent",
    "MessageMedia",
    "Note",
    "Outcome",
    "PasswordLink",
    "Pop",
    "Presence",
    "Promise",
    "PromiseKind",
    "PromiseState",
    "Recording",
    "RecordingKind",
    "RecordingStatus",
    "Role",
    "SearchDue",
    "SearchEntry",
    "Setting",
    "StateChange",
    "Token",
    "User",
    "Versioned",
    "conventions",
    "shown_to",
]
