"""Whoever picks up a phone we rang is asked to press 1: a mobile's own voicemail never does."""

from dataclasses import replace
from datetime import datetime

from sqlmodel import Session

from callcrm.calls import rows, take
from callcrm.calls.house import House
from callcrm.carrier.events import Request
from callcrm.ivr.steps import Pressed
from callcrm.ledger import keep
from callcrm.ledger.keep import Event


def document(house: House, request: Request, path: str) -> str:
    """Ask; then connect the one who pressed 1, and hang up on what did not."""
    if request.event.facts.accepted:
        return house.accepted
    return house.declined if isinstance(request.input, Pressed) else house.renderer.screen(path)


def turn(session: Session, house: House, request: Request, now: datetime) -> str:
    """The document for the phone that was picked up; pressing 1 is what answers the call."""
    known = keep.find(session, request.event.key)
    if known and known.answer:
        return known.answer
    answered = replace(request.event, answer=document(house, request, request.path))
    event = keep.rooted(session, answered)
    take.keep_and_project(session, house, event, rows.locked(session, event.root_sid), now)
    return answered.answer or ""


def alone(house: House, request: Request, now: datetime) -> tuple[str, Event]:
    """The same without the store."""
    text = document(house, request, request.path)
    return text, replace(request.event, answer=text)
