"""The TwiML interpreter: leads a leg from document to document until nothing is left to do."""

from collections.abc import Awaitable, Callable
from typing import Any

from callcrm.simulator.leg import Leg
from callcrm.simulator.parties.media import Dropped, HungUp, Interrupt, Redirected, Sound
from callcrm.simulator.twiml.dialling import dial
from callcrm.simulator.twiml.document_runner import Broken, DocumentRunner, Goto, Outcome, Stop
from callcrm.simulator.twiml.gathering import gather
from callcrm.simulator.twiml.queueing import enqueue, leave
from callcrm.simulator.twiml.reader import BadTwiml, Document
from callcrm.simulator.twiml.record import record
from callcrm.simulator.twiml.speaking import pause, play, say
from callcrm.simulator.twiml.verbs import (
    Dial,
    Enqueue,
    Gather,
    Hangup,
    Leave,
    NotSimulated,
    Pause,
    Play,
    Record,
    Redirect,
    Reject,
    Say,
)

APOLOGY = Sound("error", 5, "We're sorry, an application error has occurred. Goodbye.", "en-US")


async def redirect(stage: DocumentRunner, verb: Redirect) -> Outcome:
    """On to another document."""
    return stage.goto(verb.url, verb.method)


async def hangup(stage: DocumentRunner, verb: Hangup) -> Outcome:
    """The end; a call not answered so far is answered first."""
    stage.leg.answer()
    return Stop.HANGUP


async def reject(stage: DocumentRunner, verb: Reject) -> Outcome:
    """Refuse the call; one that is answered already is only ended."""
    if stage.leg.truth.answered is None:
        raise Dropped("busy" if verb.reason == "busy" else "no-answer")
    return Stop.HANGUP


async def pass_over(stage: DocumentRunner, verb: NotSimulated) -> Outcome:
    """A verb that is not simulated changes nothing; the reader has warned of it."""
    return None


ACTS: dict[type, Callable[[DocumentRunner, Any], Awaitable[Outcome]]] = {
    Say: say,
    Play: play,
    Pause: pause,
    Gather: gather,
    Redirect: redirect,
    Hangup: hangup,
    Reject: reject,
    Leave: leave,
    Dial: dial,
    Enqueue: enqueue,
    Record: record,
    NotSimulated: pass_over,
}


async def run(stage: DocumentRunner, goto: Goto) -> Stop:
    """Fetch and perform documents until one leads nowhere."""
    outcome: Goto | Stop = goto
    while isinstance(outcome, Goto):
        outcome = await _perform(stage, await stage.fetch(outcome))
    return outcome


async def _perform(stage: DocumentRunner, document: Document) -> Goto | Stop:
    for verb in document.verbs:
        if stage.allows(verb):
            outcome = await ACTS[type(verb)](stage, verb)
            if outcome is not None:
                return outcome
    return Stop.END


async def lead(leg: Leg, goto: Goto) -> None:
    """Lead a leg from its first document to its end."""
    stage = DocumentRunner(leg, run, lead)
    by = "carrier"
    try:
        await _follow(stage, goto)
    except HungUp:
        by = "far end"
    except Dropped as drop:
        leg.end(drop.status, by)
    except (Broken, BadTwiml):
        await _apologise(leg)
    leg.end(leg.status if by == "far end" else "completed", by)


async def _follow(stage: DocumentRunner, goto: Goto) -> None:
    while True:
        try:
            await run(stage, goto)
        except Redirected as sent:
            goto = Goto(sent.url, sent.method, body=sent.body)
        else:
            return


async def _apologise(leg: Leg) -> None:
    leg.answer()
    try:
        await leg.hear(APOLOGY)
    except Interrupt:
        return
