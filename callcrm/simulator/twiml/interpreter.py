"""The TwiML interpreter: runs a leg's documents, verb by verb, until one leads nowhere."""

from collections.abc import Awaitable, Callable
from typing import Any

from callcrm.simulator.leg import Leg
from callcrm.simulator.parties.media import Dropped, HungUp, Interrupt, Redirected, Sound
from callcrm.simulator.twiml.dialling import dial
from callcrm.simulator.twiml.document_runner import ApplicationError, DocumentRunner, Goto, Outcome, Stop
from callcrm.simulator.twiml.gathering import gather
from callcrm.simulator.twiml.queueing import enqueue, leave
from callcrm.simulator.twiml.reader import BadTwiml, Document
from callcrm.simulator.twiml.recording import record
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

# What the carrier plays where neither the app nor its fallback gave TwiML.
APOLOGY = Sound("error", 5, "We're sorry, an application error has occurred. Goodbye.", "en-US")


async def redirect(runner: DocumentRunner, verb: Redirect) -> Outcome:
    """Go on with another document."""
    return runner.goto(verb.url, verb.method)


async def hangup(runner: DocumentRunner, verb: Hangup) -> Outcome:
    """End the call; one not answered so far is answered first, and so billed."""
    runner.leg.answer()
    return Stop.HANGUP


async def reject(runner: DocumentRunner, verb: Reject) -> Outcome:
    """Refuse the call; one that is answered already is only ended."""
    if runner.leg.truth.answered is None:
        raise Dropped("busy" if verb.reason == "busy" else "no-answer")
    return Stop.HANGUP


async def skip(runner: DocumentRunner, verb: NotSimulated) -> Outcome:
    """A verb that is not simulated changes nothing; the reader has warned of it."""
    return None


EXECUTORS: dict[type, Callable[[DocumentRunner, Any], Awaitable[Outcome]]] = {
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
    NotSimulated: skip,
}


async def run_documents(runner: DocumentRunner, goto: Goto) -> Stop:
    """Fetch and run documents until one leads nowhere; why it does."""
    outcome: Goto | Stop = goto
    while isinstance(outcome, Goto):
        outcome = await _run_document(runner, await runner.fetch(outcome))
    return outcome


async def _run_document(runner: DocumentRunner, document: Document) -> Goto | Stop:
    for verb in document.verbs:
        if runner.allows(verb):
            outcome = await EXECUTORS[type(verb)](runner, verb)
            if outcome is not None:
                return outcome
    return Stop.END


async def run_leg(leg: Leg, goto: Goto) -> None:
    """Run a leg from its first document to its end."""
    runner = DocumentRunner(leg, run_documents, run_leg)
    ended_by = "carrier"
    try:
        await _run_with_redirects(runner, goto)
    except HungUp:
        ended_by = "far end"
    except Dropped as drop:
        leg.end(drop.status, ended_by)
    except (ApplicationError, BadTwiml):
        await _play_apology(leg)
    leg.end(leg.status if ended_by == "far end" else "completed", ended_by)


async def _run_with_redirects(runner: DocumentRunner, goto: Goto) -> None:
    """Run documents; a redirect by REST breaks off whatever runs and begins with another one."""
    while True:
        try:
            await run_documents(runner, goto)
        except Redirected as redirected:
            goto = Goto(redirected.url, redirected.method, twiml=redirected.twiml)
        else:
            return


async def _play_apology(leg: Leg) -> None:
    leg.answer()
    try:
        await leg.play(APOLOGY)
    except Interrupt:
        return
