"""Mutants: every function here breaks the product in one place until its patch is undone."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from sqlmodel import Session, select

from callcrm.base.ids import new_id
from callcrm.calls import pops
from callcrm.carrier import signature
from callcrm.carrier.twiml import dial, renderer
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
from callcrm.ledger.event_store import Event
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


def keyed_by_call_and_kind_alone(patch: Patch) -> None:
    """Two requests to one place about one call have the same key, whatever their fields."""

    def key(target: str, signed_text: bytes) -> str:
        sid = signed_text.partition(b"CallSid")[2].partition(b"CallStatus")[0]
        return hashlib.sha256(target.encode() + sid).hexdigest()

    patch.setattr("callcrm.carrier.events.signed_key", key)


def forgets_its_answers(patch: Patch) -> None:
    """A repeated request is treated as a new one."""
    patch.setattr("callcrm.carrier.events.signed_key", lambda *_: new_id("event", CLOCK.now()))


def dial_without_action(patch: Patch) -> None:
    """A Dial has no action, so that nothing follows an unanswered ring."""

    def add_dial(response: Any, *arguments: Any) -> None:
        dial.add_dial(response, *arguments)
        response.verbs[-1].attrs.pop("action")

    patch.setattr(renderer, "add_dial", add_dial)


def string_built_document(patch: Patch) -> None:
    """The caller's own text is put into the document unescaped."""
    render = answer._answer

    def greet(session: Session, *, request: Any, **options: Any) -> Event:
        name = request.event.data.get("From", "")
        event = render(session, request=request, **options)
        greeting = f"<Response><Say>Hello {name}</Say>"
        return replace(event, answer=(event.answer or "").replace("<Response>", greeting))

    patch.setattr(answer, "_answer", greet)


def unfiltered_control_characters(patch: Patch) -> None:
    """Control characters are left in the texts of documents."""
    patch.setattr(renderer, "clean", lambda text: text)


def no_token_no_check(patch: Patch) -> None:
    """Without a configured token every signature is accepted."""
    verify = signature.verify
    patch.setattr(signature, "verify", lambda *arguments: not arguments[-1] or verify(*arguments))


def pop_for_everybody(patch: Patch) -> None:
    """A call is offered to every agent."""
    offered = pops.create_pop

    def broadcast(session: Session, call_id: str, agent_id: str, now: datetime) -> None:
        for every_agent_id in session.exec(select(Agent.id)).all():
            offered(session, call_id, every_agent_id, now)

    patch.setattr(pops, "create_pop", broadcast)


def pop_announced_to_everybody(patch: Patch) -> None:
    """A pop is announced to every agent, though the history names the right one."""

    def announce_to_all(session: Session, kind: LiveKind, subject: str, *, to: Sequence[str] = ()) -> None:
        announce(session, kind, subject, to=session.exec(select(Agent.id)).all())

    patch.setattr(pops, "announce", announce_to_all)


def hangs_up_on_a_wrong_key(patch: Patch) -> None:
    """A key without meaning ends the call."""
    goodbye = Answer(HangUp((Prompt("goodbye"),)), "en", Decision())
    player_respond = player.respond

    def respond(flows: Any, position: Position, event: FlowEvent, context: Any) -> Answer:
        wrong = position.node == "main" and event == KeysPressed("9")
        return goodbye if wrong else player_respond(flows, position, event, context)

    patch.setattr(player, "respond", respond)


def silence_that_loops(patch: Patch) -> None:
    """A silent caller is asked again without end."""
    _change_input(
        patch,
        lambda position, event: (replace(position, tries=0 if event == NoInput() else position.tries), event),
    )


def no_operator_in_the_queue(patch: Patch) -> None:
    """In the waiting loop 0 is treated as a wrong key."""
    wrong: dict[FlowEvent, FlowEvent] = {KeysPressed("0"): KeysPressed("9")}
    _change_input(
        patch,
        lambda position, event: (
            position,
            wrong.get(event, event) if position.kind == NodeKind.WAIT else event,
        ),
    )


def _change_input(patch: Patch, change: Callable[[Position, FlowEvent], tuple[Position, FlowEvent]]) -> None:
    player_respond = player.respond
    patch.setattr(
        player,
        "respond",
        lambda flows, position, event, context: player_respond(flows, *change(position, event), context),
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
    """A commit returns before its data is on disk."""
    pragmas = tuple(pragma.replace("synchronous=FULL", "synchronous=OFF") for pragma in sqlite.PRAGMAS)
    patch.setattr(sqlite, "PRAGMAS", pragmas)
