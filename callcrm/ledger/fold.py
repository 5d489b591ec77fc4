"""A call's history as a pure function of the set of its events: any order, any repetition, one result."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from callcrm.ledger import times
from callcrm.ledger.facts import PLACED, RECORDING, REQUEST, STATUS, Facts
from callcrm.ledger.legs import LegHistory, first, fold_legs, last_status
from callcrm.ledger.order import FINAL, order_key
from callcrm.models.calls.call import CallState, Direction, Outcome
from callcrm.models.calls.recording import RecordingKind
from callcrm.models.crm.promise import PromiseKind

SHORTEST_MESSAGE = 2  # seconds; the carrier keeps recordings of silence too


@dataclass(frozen=True, slots=True)
class RecordingHistory:
    """One recording the carrier told of; `ready` once its media can be fetched."""

    sid: str
    kind: str
    seconds: int | None
    channels: int | None
    at: datetime | None
    ready: bool
    absent: bool


@dataclass(frozen=True, slots=True)
class CallHistory:
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
    legs: tuple[LegHistory, ...]
    recordings: tuple[RecordingHistory, ...]
    promise: str | None
    call_back: str | None
    announced: bool


def fold(events: Iterable[Facts], root: str) -> CallHistory:
    """The history of the call `root` from its events, in whatever order they are handed over."""
    facts = sorted(events, key=order_key)
    requests = [one for one in facts if one.kind == REQUEST and one.leg == root]
    direction = _direction(facts, root)
    outbound = direction == Direction.OUTBOUND
    legs = fold_legs(facts, root, with_root=outbound)
    people = [leg for leg in legs if not (outbound and leg.sid == root)]
    recordings = _recordings(facts)
    final = _final(facts, root)
    clock = times.CallTimes(facts, requests, people, final, root)
    ended = final is not None or clock.over
    outcome = _outcome(facts, root, people, recordings, outbound) if ended else None
    answered_at = clock.answered_at
    return CallHistory(
        direction=direction,
        from_raw=_from([one.from_ for one in facts if one.leg == root]),
        to_raw=_to(facts, root),
        state=CallState.ENDED if ended else _state(requests, people, outbound),
        outcome=outcome,
        agent=_agent(facts, people, outbound),
        queue=_last(one.queue for one in requests),
        language=_last(one.language for one in requests),
        ivr_path=_ivr_path(requests),
        started_at=clock.started_at,
        queued_at=clock.queued_at,
        answered_at=answered_at,
        ended_at=clock.ended_at if ended else None,
        wait_seconds=clock.wait(ended=ended, outbound=outbound),
        talk_seconds=clock.talk() if ended else None,
        duration_seconds=clock.duration() if ended else None,
        legs=legs,
        recordings=recordings,
        promise=_promise(outcome, direction),
        call_back=_last(one.call_back for one in requests),
        announced=any(one.announced for one in requests),
    )


def _last(values: Iterable[str | None]) -> str | None:
    found = [value for value in values if value]
    return found[-1] if found else None


def _ivr_path(requests: Sequence[Facts]) -> tuple[tuple[str, str], ...]:
    """The menus passed and the keys pressed; one document is answered once, however often it is reported."""
    by_step = {one.step: (one.node, one.keys or "") for one in reversed(requests) if one.node}
    return tuple(by_step[step] for step in sorted(by_step, key=lambda step: step or 0))


def _direction(facts: Sequence[Facts], root: str) -> str:
    told = first(one.direction for one in facts if one.leg == root and one.direction in set(Direction))
    return told or Direction.INBOUND


def _from(said: Sequence[str | None]) -> str | None:
    return first(one for one in said if one) or first(said)


def _to(facts: Sequence[Facts], root: str) -> str | None:
    """Who was called: of a call we placed the customer, not the agent whose phone rang first."""
    wanted = first(one.to for one in facts if one.kind == PLACED)
    return wanted or first(one.to for one in facts if one.leg == root)


def _final(facts: Sequence[Facts], root: str) -> Facts | None:
    return last_status(
        [one for one in facts if one.kind == STATUS and one.leg == root and one.status in FINAL]
    )


def _agent(facts: Sequence[Facts], people: Sequence[LegHistory], outbound: bool) -> str | None:
    if outbound:
        return first(one.agent for one in facts if one.kind in (PLACED, REQUEST))
    spoke = [leg for leg in people if leg.spoke]
    return first(leg.agent for leg in sorted(spoke, key=times.leg_order))


def _state(requests: Sequence[Facts], people: Sequence[LegHistory], outbound: bool) -> str:
    if any(leg.live for leg in people):
        return CallState.IN_PROGRESS
    told = CallState.RINGING if outbound else _last(one.state for one in requests)
    return told or CallState.RINGING


def _recordings(facts: Sequence[Facts]) -> tuple[RecordingHistory, ...]:
    by_sid: dict[str, list[Facts]] = {}
    for one in facts:
        if one.recording:
            by_sid.setdefault(one.recording, []).append(one)
    found = [_recording(sid, told) for sid, told in sorted(by_sid.items())]
    return tuple(one for one in found if not _nobody_spoke(one))


def _recording(sid: str, told: Sequence[Facts]) -> RecordingHistory:
    callbacks = [one for one in told if one.kind == RECORDING]
    lengths = [one.seconds for one in callbacks if one.seconds is not None]
    voicemail = any(one.recording_kind == RecordingKind.VOICEMAIL for one in told)
    return RecordingHistory(
        sid=sid,
        kind=RecordingKind.VOICEMAIL if voicemail else RecordingKind.CALL,
        seconds=max(lengths) if lengths else first(one.seconds for one in told if one.kind == REQUEST),
        channels=first(one.channels for one in callbacks),
        at=first(one.at for one in callbacks),
        ready=any(one.recording_status == "completed" for one in callbacks),
        absent=any(one.recording_status in ("absent", "failed") for one in callbacks),
    )


def _nobody_spoke(one: RecordingHistory) -> bool:
    short = one.seconds is not None and one.seconds < SHORTEST_MESSAGE
    return one.kind == RecordingKind.VOICEMAIL and (short or (one.absent and not one.ready))


def _outcome(
    facts: Sequence[Facts],
    root: str,
    people: Sequence[LegHistory],
    recordings: Sequence[RecordingHistory],
    outbound: bool,
) -> str:
    if any(leg.spoke for leg in people):
        return Outcome.ANSWERED
    if any(one.kind == RecordingKind.VOICEMAIL for one in recordings):
        return Outcome.VOICEMAIL
    if any(one.promise == PromiseKind.CALLBACK for one in facts):
        return Outcome.CALLBACK
    final = _final(facts, root)
    told = people[-1].status if outbound and people else final.status if final else None
    if told in FINAL and told != "completed":
        return str(told)
    return Outcome.NO_ANSWER if outbound else Outcome.ABANDONED


def _promise(outcome: str | None, direction: str) -> str | None:
    """What an ended call leaves us owing."""
    if outcome in (None, Outcome.ANSWERED) or direction == Direction.OUTBOUND:
        return None
    if outcome in (Outcome.VOICEMAIL, Outcome.CALLBACK):
        return str(outcome)
    return PromiseKind.MISSED
