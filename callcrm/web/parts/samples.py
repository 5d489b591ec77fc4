"""Invented data with which the catalogue shows every part in every state."""

import math
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from callcrm.models import Agent, AgentState, Call, CallState, Customer, Direction, Note, Outcome, User
from callcrm.views.calls.call_panel import CallPanel, PanelState, Ring
from callcrm.views.calls.caller import Caller
from callcrm.views.calls.candidates import Candidate
from callcrm.views.calls.playback import Playback

PHONE, OWN, DESK_PHONE = "+12025550134", "+12025550100", "+12025550101"


def mina(now: datetime) -> Customer:
    """A gold customer."""
    made = now - timedelta(days=1500)
    return Customer(
        id="cus_sample", name="Mina Halloran", search_text="mina halloran", language="en", tier="gold",
        created_at=made, updated_at=made,
    )  # fmt: skip


def dov(now: datetime) -> Customer:
    """A customer who shares her number."""
    made = now - timedelta(days=700)
    return Customer(
        id="cus_other", name="Dov Halloran", search_text="dov halloran", created_at=made, updated_at=made
    )


def sara(now: datetime) -> User:
    """An agent."""
    return User(id="user_sample", email="sara@example.test", name="Sara Kovac", role="agent", created_at=now)


def call(now: datetime, **changed: Any) -> Call:
    """A ringing call."""
    values: dict[str, Any] = {
        "id": "call_sample", "carrier_sid": "CA0", "direction": Direction.INBOUND, "from_raw": PHONE,
        "from_e164": PHONE, "to_e164": OWN, "phone": PHONE, "state": CallState.IN_PROGRESS, "queue": "sales",
        "language": "en", "customer_id": "cus_sample", "started_at": now - timedelta(seconds=70),
        "queued_at": now - timedelta(seconds=48),
    }  # fmt: skip
    return Call(**values | changed)


def notes(now: datetime) -> tuple[Note, Note]:
    """An ordinary note and a pinned one."""
    written = Note(
        id="note_sample", author_id="user_sample", author="Sara Kovac", search_text="",
        body="Asked to move her pick-up to Friday.\nMornings are best.",
        created_at=now - timedelta(hours=3), finished_at=now - timedelta(hours=3),
    )  # fmt: skip
    pinned = Note(
        id="note_pinned", author_id=None, author="Omar Vance", search_text="",
        body="Hard of hearing on the left: speak slowly, and repeat the pick-up time.",
        created_at=now - timedelta(days=200), finished_at=now - timedelta(days=200), pinned_at=now,
    )  # fmt: skip
    return written, pinned


def playbacks(now: datetime) -> dict[str, Playback]:
    """A recording that can be played, and two that can't."""
    wave = [[int(45 + 40 * math.sin(n / 9 + side) * math.sin(n / 31)) for n in range(240)] for side in (0, 2)]

    def recording(status: str, why: str = "", peaks: list[list[int]] | None = None) -> Playback:
        return Playback(f"rec_{status}", "call_sample", "call", status, now, 317, why, peaks)

    return {
        "heard": recording("stored", peaks=wave),
        "pending": recording("pending", "The recording is still at the carrier."),
        "failed": recording("failed", "The recording could not be had from the carrier: it is no audio."),
    }


def candidates(now: datetime) -> list[Candidate]:
    """Two candidates."""
    return [
        Candidate(mina(now), 3, now - timedelta(days=1), main=True),
        Candidate(dov(now), 0, None, main=False),
    ]


def _agent(now: datetime, state: str, **changed: Any) -> Agent:
    return Agent(id="user_sample", state=state, since=now - timedelta(seconds=7), **changed)


def _ringing(now: datetime, caller: Caller, number: str | None = None, **changed: Any) -> CallPanel:
    ring = Ring(now - timedelta(seconds=7), now + timedelta(seconds=13), number)
    agent = _agent(now, AgentState.RINGING)
    return CallPanel(PanelState.RINGING, agent, ["softphone", "phone"], call(now, **changed), caller, ring)


def _known_party(now: datetime) -> Caller:
    return Caller(PHONE, mina(now), usual=sara(now), tries=2, tried=now - timedelta(minutes=40))


def _spoken(now: datetime, kind: PanelState, number: str | None = None, **changed: Any) -> CallPanel:
    state = AgentState.WRAP_UP if kind is PanelState.WRAP else AgentState.ON_CALL
    agent = _agent(now, state, wrap_up_until=now + timedelta(seconds=24) if kind is PanelState.WRAP else None)
    answered = {"answered_at": now - timedelta(seconds=186), "wait_seconds": 41} | changed
    ring = Ring(now, None, number)
    return CallPanel(
        kind,
        agent,
        ["phone"],
        call(now, **answered),
        _known_party(now),
        ring,
        recorded=kind is PanelState.CALL,
    )


def _gone(now: datetime, taker: str | None, **changed: Any) -> CallPanel:
    agent = _agent(now, AgentState.AVAILABLE)
    return CallPanel(PanelState.GONE, agent, ["phone"], call(now, **changed), _known_party(now), taker=taker)


def _idle(now: datetime, state: str, ways: list[str]) -> CallPanel:
    return CallPanel(PanelState.IDLE, _agent(now, state), ways, call(now), _known_party(now))


Sample = Callable[[datetime], CallPanel | None]
PANELS: dict[str, Sample] = {
    "available": lambda now: _idle(now, AgentState.AVAILABLE, ["softphone"]),
    "unreachable": lambda now: _idle(now, AgentState.AVAILABLE, []),
    "break": lambda now: _idle(now, AgentState.BREAK, ["softphone"]),
    "offline": lambda now: _idle(now, AgentState.OFFLINE, ["softphone"]),
    "takes no calls": lambda now: None,
    "ringing": lambda now: _ringing(now, _known_party(now)),
    "ringing on a phone": lambda now: _ringing(now, _known_party(now), DESK_PHONE),
    "ringing, shared": lambda now: _ringing(
        now, Caller(PHONE, None, [mina(now), dov(now)]), customer_id=None
    ),
    "ringing, unknown": lambda now: _ringing(now, Caller(PHONE, None), customer_id=None),
    "ringing, withheld": lambda now: _ringing(now, Caller(None, None), phone=None, customer_id=None),
    "dialling": lambda now: _spoken(
        now, PanelState.DIALLING, direction=Direction.OUTBOUND, state=CallState.RINGING
    ),
    "in call": lambda now: _spoken(now, PanelState.CALL),
    "in call on a phone": lambda now: _spoken(now, PanelState.CALL, DESK_PHONE),
    "wrap-up": lambda now: _spoken(now, PanelState.WRAP, ended_at=now, talk_seconds=186),
    "answered elsewhere": lambda now: _gone(now, "Omar Vance"),
    "gave up": lambda now: _gone(now, None, state=CallState.ENDED, outcome=Outcome.ABANDONED),
}
