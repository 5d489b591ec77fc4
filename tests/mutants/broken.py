"""The product broken in one place each: every function here makes one mutant, until its patch is undone."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from sqlmodel import Session, select

from callcrm.base.ids import new_id
from callcrm.calls import pops
from callcrm.carrier import dial, signature, twiml
from callcrm.ivr import player
from callcrm.ivr.steps import (
    Answer,
    Decision,
    FlowEvent,
    HangUp,
    KeysPressed,
    NodeKind,
    NoInput,
    Position,
    Prompt,
)
from callcrm.live.announce import announce
from callcrm.live.kinds import LiveKind
from callcrm.models import Agent
from callcrm.store import sqlite
from callcrm.store.worker_session import WorkerSession
from tests.clocks import CLOCK
from webhooks import answer

Patch = pytest.MonkeyPatch


def last_write_wins(patch: Patch) -> None:
    """Whatever status event last is the status, as a table with a status column would have it."""
    for module in ("fold", "legs"):
        patch.setattr(
            f"callcrm.ledger.{module}.last_status", lambda statuses: statuses[-1] if statuses else None
        )
    patch.setattr("callcrm.ledger.fold.order_key", lambda facts: 0)


def known_by_message_id_alone(patch: Patch) -> None:
    """Two requests of one kind about one call are taken for the same, whatever they say."""

    def key(account: str, kind: str, position: str, fields: Sequence[tuple[str, str]]) -> str:
        return hashlib.sha256(f"{account}:{kind}:{dict(fields)['CallSid']}".encode()).hexdigest()

    patch.setattr("callcrm.carrier.events.event_key", key)


def forgets_its_answers(patch: Patch) -> None:
    """A repeated request is a new one."""
    patch.setattr("callcrm.carrier.events.event_key", lambda *_: new_id("event", CLOCK.now()))


def dial_without_action(patch: Patch) -> None:
    """Nobody says what comes after a ring in vain."""

    def add_dial(response: Any, *how: Any) -> None:
        dial.add_dial(response, *how)
        response.verbs[-1].attrs.pop("action")

    patch.setattr(twiml, "add_dial", add_dial)


def string_built_document(patch: Patch) -> None:
    """The caller is greeted by what they call themselves, without escaping it."""
    render = answer._answer

    def greeted(session: Session, *, request: Any, **how: Any) -> str:
        name = request.event.data.get("From", "")
        return render(session, request=request, **how).replace(
            "<Response>", f"<Response><Say>Hello {name}</Say>"
        )

    patch.setattr(answer, "_answer", greeted)


def unfiltered_control_characters(patch: Patch) -> None:
    """Text goes into documents as it is."""
    patch.setattr(twiml, "clean", lambda text: text)


def no_token_no_check(patch: Patch) -> None:
    """Where no token is configured, every signature is good."""
    verify = signature.verify
    patch.setattr(signature, "verify", lambda *how: not how[-1] or verify(*how))


def pop_for_everybody(patch: Patch) -> None:
    """A call is offered to every agent there is."""
    offered = pops.create_pop

    def broadcast(session: Session, call_id: str, agent_id: str, now: datetime) -> None:
        for every_agent_id in session.exec(select(Agent.id)).all():
            offered(session, call_id, every_agent_id, now)

    patch.setattr(pops, "create_pop", broadcast)


def pop_announced_to_everybody(patch: Patch) -> None:
    """... or only announced to all, while the history names the right one."""

    def loudly(session: Session, kind: LiveKind, subject: str, *, to: Sequence[str] = ()) -> None:
        announce(session, kind, subject, to=session.exec(select(Agent.id)).all())

    patch.setattr(pops, "announce", loudly)


def hangs_up_on_a_wrong_key(patch: Patch) -> None:
    """A key that means nothing ends the call."""
    goodbye = Answer(HangUp((Prompt("goodbye"),)), "en", Decision())
    true = player.respond

    def respond(flows: Any, position: Position, event: FlowEvent, context: Any) -> Answer:
        wrong = position.node == "main" and event == KeysPressed("9")
        return goodbye if wrong else true(flows, position, event, context)

    patch.setattr(player, "respond", respond)


def silence_that_loops(patch: Patch) -> None:
    """Whoever says nothing is asked again, for ever."""
    _mishear(
        patch,
        lambda position, event: (replace(position, tries=0 if event == NoInput() else position.tries), event),
    )


def no_operator_in_the_queue(patch: Patch) -> None:
    """In the waiting loop 0 is a wrong key."""
    wrong: dict[FlowEvent, FlowEvent] = {KeysPressed("0"): KeysPressed("9")}
    _mishear(
        patch,
        lambda position, event: (
            position,
            wrong.get(event, event) if position.kind == NodeKind.WAIT else event,
        ),
    )


def _mishear(patch: Patch, hear: Callable[[Position, FlowEvent], tuple[Position, FlowEvent]]) -> None:
    true = player.respond
    patch.setattr(
        player,
        "respond",
        lambda flows, position, event, context: true(flows, *hear(position, event), context),
    )


def begins_deferred(patch: Patch) -> None:
    """The write lock is taken by the first statement that writes."""
    execute = WorkerSession.execute
    patch.setattr(
        WorkerSession,
        "execute",
        lambda worker, sql: execute(worker, sql.replace("BEGIN IMMEDIATE", "BEGIN")),
    )


def never_syncs(patch: Patch) -> None:
    """A commit is over before the disk has it."""
    pragmas = tuple(pragma.replace("synchronous=FULL", "synchronous=OFF") for pragma in sqlite.PRAGMAS)
    patch.setattr(sqlite, "PRAGMAS", pragmas)
