"""Enqueue and Leave: waiting, with the waiting document asked for again each time it ends."""

from callcrm.simulator.ground_truth import Waited
from callcrm.simulator.leg import Leg
from callcrm.simulator.parties.media import Interrupt, Redirected, Sound
from callcrm.simulator.twiml.document_runner import Broken, DocumentRunner, Outcome, Stop, nothing
from callcrm.simulator.twiml.queues import Queue
from callcrm.simulator.twiml.verbs import Enqueue, Gather, Hangup, Leave, Pause, Play, Redirect, Say

WAITING = frozenset({Play, Say, Pause, Hangup, Redirect, Leave, Gather})
MUSIC = 600.0


async def enqueue(stage: DocumentRunner, verb: Enqueue) -> Outcome:
    """Wait until let out; then the action, or without one the next verb."""
    leg, switch = stage.leg, stage.switch
    leg.answer()
    queue = switch.queues.named(verb.name)
    if queue.full:
        return _leave(stage, verb, queue, "queue-full", 0)
    queue.enter(leg.sid, switch.clock.now())
    try:
        result = await _wait(stage, verb, queue)
    except Interrupt as why:
        result = "redirected" if isinstance(why, Redirected) else "hangup"
        await _tell(stage, verb, queue, result)
        raise
    if result == "hangup":
        await _tell(stage, verb, queue, result)
        return Stop.HANGUP
    return _leave(stage, verb, queue, result, _out(leg, queue, result))


async def leave(stage: DocumentRunner, verb: Leave) -> Outcome:
    """Out of the queue; anywhere else it means nothing."""
    return Stop.LEAVE


async def _wait(stage: DocumentRunner, verb: Enqueue, queue: Queue) -> str:
    """How the stay in the queue ends: leave, hangup or error."""
    leg, clock = stage.leg, stage.switch.clock
    if verb.wait_url is None:
        while True:
            await leg.hear(Sound("music", MUSIC))
    everywhere = stage.switch.settings.queue_in_redirects
    waiting = stage.on(
        leg, WAITING, lambda: queue.waiting_params(leg.sid, clock.now()) if everywhere else nothing()
    )
    while True:
        told = queue.waiting_params(leg.sid, clock.now())
        try:
            stop = await stage.play(waiting, stage.goto(verb.wait_url, verb.wait_url_method, told))
        except Broken:
            return "error"
        if stop is not Stop.END:
            return str(stop.value)


def _out(leg: Leg, queue: Queue, result: str) -> float:
    now = leg.switch.clock.now()
    entered = queue.members[leg.sid]
    leg.call.waits.append(Waited(queue.name, entered, now, result))
    return queue.leave(leg.sid, now)


def _leave(stage: DocumentRunner, verb: Enqueue, queue: Queue, result: str, seconds: float) -> Outcome:
    if verb.action is None:
        return None
    told = {"QueueResult": result, "QueueSid": queue.sid, "QueueTime": str(round(seconds))}
    return stage.goto(verb.action, verb.method, told)


async def _tell(stage: DocumentRunner, verb: Enqueue, queue: Queue, result: str) -> None:
    """The action of a caller who is no longer there: requested, never run."""
    seconds = _out(stage.leg, queue, result)
    if verb.action is None or (result == "hangup" and not stage.switch.settings.queue_result_on_hangup):
        return
    told = {"QueueResult": result, "QueueSid": queue.sid, "QueueTime": str(round(seconds))}
    await stage.tell(stage.goto(verb.action, verb.method, told))
