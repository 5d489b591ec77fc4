"""A call's history as a pure function of the set of its events: any order, any repetition, one result."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from callcrm.ledger import times
from callcrm.ledger.facts import PLACED, RECORDING, REQUEST, STATUS, Facts
from callcrm.ledger.legs import FoldedLeg, first, fold_legs, last_status
from callcrm.ledger.order import FINAL, order_key
from callcrm.ledger.surveys import FoldedSurvey, fold_survey
from callcrm.models.calls.call import CallState, Direction, Outcome
from callcrm.models.calls.recording import RecordingKind
from callcrm.models.crm.promise import PromiseKind

MIN_MESSAGE_SECONDS = 2  # the carrier keeps recordings of silence too


@dataclass(frozen=True, slots=True)
class FoldedRecording:
    """One recording of a call; `ready` once its media can be fetched, which is after its callback."""

    sid: str
    kind: str
    seconds: int | None
    channels: int | None
    at: datetime | None
    ready: bool
    absent: bool


@dataclass(frozen=True, slots=True)
class FoldedCall:
    """Everything the ledger knows of one call."""

    direction: str
    from_raw: str | None
    to_raw: str | None
    state: str
    outcome: str | None
    agent: str | None
    queue: str | None
    language: str | None
    ivr_path: tuple[tuple[str, str], ...]
    started_at: datetime
    queued_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None
    wait_seconds: int | None
    talk_seconds: int | None
    duration_seconds: int | None
    legs: tuple[FoldedLeg, ...]
    recordings: tuple[FoldedRecording, ...]
    answered_by: str | None
    promise: str | None
    call_back: str | None
    announced: bool
    claimed: bool  # whether anybody of ours was ever taken for it
    survey: FoldedSurvey | None


def fold(events: Iterable[Facts], root: str) -> FoldedCall:
    """The history of the call with the SID `root` from its events, in whatever order they are handed over."""
    facts = _without_refuted_ends(sorted(events, key=order_key))
    requests = [event for event in facts if event.kind == REQUEST and event.leg == root]
    direction = _direction(facts, root)
    outbound = direction == Direction.OUTBOUND
    # The root leg of an inbound call is the caller's; of one we placed it is the agent's, rung as others are.
    legs = fold_legs(facts, root, with_root=outbound)
    # The legs to be connected with the root's: agents and operators, or the customer of a call we placed.
    rung_legs = [leg for leg in legs if not (outbound and leg.sid == root)]
    recordings = _recordings(facts)
    final = _final_status(facts, root)
    call_times = times.CallTimes(facts, requests, rung_legs, final, root)
    ended = final is not None or call_times.hung_up
    outcome = _outcome(facts, root, rung_legs, recordings, outbound) if ended else None
    survey = None if outbound else fold_survey(requests, rung_legs)
    return FoldedCall(
        direction=direction,
        from_raw=_from([event.from_ for event in facts if event.leg == root]),
        to_raw=_to(facts, root),
        state=CallState.ENDED if ended else _state(requests, rung_legs, outbound),
        outcome=outcome,
        agent=_agent(facts, rung_legs, outbound),
        queue=_last(request.queue for request in requests),
        language=_last(request.language for request in requests),
        ivr_path=_ivr_path(requests),
        started_at=call_times.started_at,
        queued_at=call_times.queued_at,
        answered_at=call_times.answered_at,
        ended_at=call_times.ended_at if ended else None,
        wait_seconds=call_times.wait(ended=ended, outbound=outbound),
        talk_seconds=call_times.talk() if ended else None,
        duration_seconds=call_times.duration() if ended else None,
        legs=legs,
        recordings=recordings,
        answered_by=_answered_by(facts, rung_legs) if outbound else None,
        promise=promise_of(outcome, direction) or _owed_after_all(outcome, survey, recordings),
        call_back=_last(request.call_back for request in requests),
        announced=any(request.announced for request in requests),
        claimed=outbound or any(event.claimed or event.agent for event in facts),
        survey=survey,
    )


def _without_refuted_ends(facts: Sequence[Facts]) -> list[Facts]:
    """The events but for a presumed end after which the caller's next document was requested all the same."""
    requested = [
        event.received_at
        for event in facts
        if event.kind == REQUEST and event.received_at and not event.hung_up and not event.screening
    ]
    newest = max(requested, default=None)
    return [
        event
        for event in facts
        if not (event.presumed and newest and event.received_at and event.received_at < newest)
    ]


def _last(values: Iterable[str | None]) -> str | None:
    present = [value for value in values if value]
    return present[-1] if present else None


def _ivr_path(requests: Sequence[Facts]) -> tuple[tuple[str, str], ...]:
    """The menus passed and the keys pressed; of several requests for one step's document the first counts."""
    by_step = {
        request.step: (request.node, request.keys or "") for request in reversed(requests) if request.node
    }
    return tuple(by_step[step] for step in sorted(by_step, key=lambda step: step or 0))


def _direction(facts: Sequence[Facts], root: str) -> str:
    directions = (event.direction for event in facts if event.leg == root)
    return first(value for value in directions if value in set(Direction)) or Direction.INBOUND


def _from(values: Sequence[str | None]) -> str | None:
    """The first number there is, else "": blank is what the carrier sends of a caller who shows none."""
    return first(value for value in values if value) or first(values)


def _to(facts: Sequence[Facts], root: str) -> str | None:
    """Who was called: of a call we placed the customer, not the agent whose phone rang first."""
    customer = first(event.to for event in facts if event.kind == PLACED)
    return customer or first(event.to for event in facts if event.leg == root)


def _final_status(facts: Sequence[Facts], root: str) -> Facts | None:
    return last_status(
        [event for event in facts if event.kind == STATUS and event.leg == root and event.status in FINAL]
    )


def _agent(facts: Sequence[Facts], rung_legs: Sequence[FoldedLeg], outbound: bool) -> str | None:
    if outbound:
        return first(event.agent for event in facts if event.kind in (PLACED, REQUEST))
    spoke = [leg for leg in rung_legs if leg.spoke]
    return first(leg.agent for leg in sorted(spoke, key=times.answer_order))


def _answered_by(facts: Sequence[Facts], rung_legs: Sequence[FoldedLeg]) -> str | None:
    """Who answered the customer's phone; a machine if it was ever one."""
    sids = {leg.sid for leg in rung_legs}
    values = {event.answered_by for event in facts if event.leg in sids} - {None}
    return "machine" if "machine" in values else first(values)


def _state(requests: Sequence[Facts], rung_legs: Sequence[FoldedLeg], outbound: bool) -> str:
    if any(leg.live for leg in rung_legs):
        return CallState.IN_PROGRESS
    state = CallState.RINGING if outbound else _last(request.state for request in requests)
    return state or CallState.RINGING


def _recordings(facts: Sequence[Facts]) -> tuple[FoldedRecording, ...]:
    by_sid: dict[str, list[Facts]] = {}
    for event in facts:
        if event.recording:
            by_sid.setdefault(event.recording, []).append(event)
    recordings = [_recording(sid, events) for sid, events in sorted(by_sid.items())]
    return tuple(recording for recording in recordings if not _is_silent(recording))


def _recording(sid: str, events: Sequence[Facts]) -> FoldedRecording:
    callbacks = [event for event in events if event.kind == RECORDING]
    lengths = [callback.seconds for callback in callbacks if callback.seconds is not None]
    # A Record's action has the length before trimming: only a callback's is final.
    untrimmed = first(event.seconds for event in events if event.kind == REQUEST)
    is_voicemail = any(event.recording_kind == RecordingKind.VOICEMAIL for event in events)
    return FoldedRecording(
        sid=sid,
        kind=RecordingKind.VOICEMAIL if is_voicemail else RecordingKind.CALL,
        seconds=max(lengths) if lengths else untrimmed,
        channels=first(callback.channels for callback in callbacks),
        at=first(callback.at for callback in callbacks),
        ready=any(callback.recording_status == "completed" for callback in callbacks),
        absent=any(callback.recording_status in ("absent", "failed") for callback in callbacks),
    )


def _is_silent(recording: FoldedRecording) -> bool:
    """Whether it is a message in which nobody spoke."""
    short = recording.seconds is not None and recording.seconds < MIN_MESSAGE_SECONDS
    is_absent = recording.absent and not recording.ready
    return recording.kind == RecordingKind.VOICEMAIL and (short or is_absent)


def _outcome(
    facts: Sequence[Facts],
    root: str,
    rung_legs: Sequence[FoldedLeg],
    recordings: Sequence[FoldedRecording],
    outbound: bool,
) -> str:
    if any(leg.spoke for leg in rung_legs):
        return Outcome.ANSWERED
    if any(recording.kind == RecordingKind.VOICEMAIL for recording in recordings):
        return Outcome.VOICEMAIL
    if any(event.promise == PromiseKind.CALLBACK for event in facts):
        return Outcome.CALLBACK
    final = _final_status(facts, root)
    status = final.status if final else None
    if outbound and rung_legs:  # the root leg is the agent's, who answered: what counts is the customer's
        status = rung_legs[-1].status
    if status in FINAL and status != "completed":
        return str(status)
    return Outcome.NO_ANSWER if outbound else Outcome.ABANDONED


def promise_of(outcome: str | None, direction: str) -> str | None:
    """What a call with this outcome leaves us owing: a kind of promise, None while it has no outcome."""
    if outcome in (None, Outcome.ANSWERED) or direction == Direction.OUTBOUND:
        return None
    if outcome in (Outcome.VOICEMAIL, Outcome.CALLBACK):
        return str(outcome)
    return PromiseKind.MISSED


def _owed_after_all(
    outcome: str | None, survey: FoldedSurvey | None, recordings: Sequence[FoldedRecording]
) -> str | None:
    """What an answered call leaves us owing, whose caller then asked for a human and spoke with none."""
    if outcome is None or survey is None or not survey.human_missed:
        return None
    has_message = any(recording.kind == RecordingKind.VOICEMAIL for recording in recordings)
    return PromiseKind.VOICEMAIL if has_message else PromiseKind.MISSED
