"""Enqueue and Leave: waiting in a queue, its waitUrl requested again each time the document there ends."""

from callcrm.simulator.ground_truth import QueueStay
from callcrm.simulator.leg import Leg
from callcrm.simulator.parties.media import Interrupt, Redirected, Sound
from callcrm.simulator.twiml.document_runner import ApplicationError, DocumentRunner, Outcome, Stop, no_params
from callcrm.simulator.twiml.queues import Queue
from callcrm.simulator.twiml.verbs import Enqueue, Gather, Hangup, Leave, Pause, Play, Redirect, Say

WAIT_VERBS = frozenset({Play, Say, Pause, Hangup, Redirect, Leave, Gather})  # allowed in a waitUrl's document
MUSIC_SECONDS = 600.0


async def enqueue(runner: DocumentRunner, verb: Enqueue) -> Outcome:
    """Wait until the caller leaves the queue; then the action, or without one the next verb."""
    leg, carrier = runner.leg, runner.carrier
    leg.answer()
    queue = carrier.queues.get_or_create(verb.name)
    if queue.full:
        return _go_to_action(runner, verb, queue, "queue-full", 0)
    queue.enter(leg.sid, carrier.clock.now())
    try:
        result = await _run_wait_documents(runner, verb, queue)
    except Interrupt as cause:
        result = "redirected" if isinstance(cause, Redirected) else "hangup"
        await _notify_action(runner, verb, queue, result)
        raise
    if result == "hangup":
        await _notify_action(runner, verb, queue, result)
        return Stop.HANGUP
    return _go_to_action(runner, verb, queue, result, _dequeue(leg, queue, result))


async def leave(runner: DocumentRunner, verb: Leave) -> Outcome:
    """Leave the queue; outside a waitUrl's document it ends the call."""
    return Stop.LEAVE


async def _run_wait_documents(runner: DocumentRunner, verb: Enqueue, queue: Queue) -> str:
    """How the stay in the queue ends: leave, hangup or error."""
    leg, clock = runner.leg, runner.carrier.clock
    if verb.wait_url is None:
        while True:
            await leg.play(Sound("music", MUSIC_SECONDS))

    def wait_params() -> dict[str, str]:
        return queue.wait_params(leg.sid, clock.now())

    with_redirects = runner.carrier.settings.queue_in_redirects
    nested = runner.nested(leg, WAIT_VERBS, wait_params if with_redirects else no_params)
    while True:
        goto = runner.goto(verb.wait_url, verb.wait_url_method, wait_params())
        try:
            stop = await runner.run(nested, goto)
        except ApplicationError:
            return "error"
        if stop is not Stop.END:
            return str(stop.value)


def _dequeue(leg: Leg, queue: Queue, result: str) -> float:
    """Take the caller out of the queue; the seconds waited."""
    now = leg.carrier.clock.now()
    entered = queue.members[leg.sid]
    leg.call_truth.queue_stays.append(QueueStay(queue.name, entered, now, result))
    return queue.leave(leg.sid, now)


def _go_to_action(
    runner: DocumentRunner, verb: Enqueue, queue: Queue, result: str, seconds: float
) -> Outcome:
    if verb.action is None:
        return None
    return runner.goto(verb.action, verb.method, _action_params(queue, result, seconds))


async def _notify_action(runner: DocumentRunner, verb: Enqueue, queue: Queue, result: str) -> None:
    """Request the action for a caller who is gone; its document is not run."""
    seconds = _dequeue(runner.leg, queue, result)
    # Whether the real carrier always sends QueueResult=hangup is not documented.
    if verb.action is None or (result == "hangup" and not runner.carrier.settings.queue_result_on_hangup):
        return
    params = _action_params(queue, result, seconds)
    await runner.request_only(runner.goto(verb.action, verb.method, params))


def _action_params(queue: Queue, result: str, seconds: float) -> dict[str, str]:
    return {"QueueResult": result, "QueueSid": queue.sid, "QueueTime": str(round(seconds))}
