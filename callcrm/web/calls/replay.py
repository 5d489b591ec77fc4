"""The replay: a call drawn on one time axis, with the menu, the queue, a lane for each phone, and notes.

Positions and sizes are in hundredths of the axis, which begins with the call and runs left to right.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

from callcrm.i18n import labels
from callcrm.i18n.locale import Locale
from callcrm.ledger.facts import REQUEST, Facts
from callcrm.ledger.order import order_key
from callcrm.models import CallState, Leg
from callcrm.views.calls.playback import Playback, waveform_path
from callcrm.views.calls.record import CallRecord

TICK_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
MAX_TICKS = 8
A_SECOND = timedelta(seconds=1)
MIN_LENGTH = 10.0  # seconds of an axis
MIN_WIDTH = 1.2  # hundredths: less is not seen
LETTER_WIDTH = 1.15  # hundredths of the narrowest axis a letter takes
VOICES, TALL = 600, 44


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch of a lane; `kind` is menu, wait, ring, won, talk or message."""

    kind: str
    start: float
    size: float
    text: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class Lane:
    """One line of the drawing; `seen` are the positions at which pops were seen."""

    name: str
    marks: tuple[Mark, ...] = ()
    seen: tuple[float, ...] = ()
    person: bool = False


@dataclass(frozen=True, slots=True)
class Pin:
    """The position of a note."""

    number: int
    place: float
    second: float


@dataclass(frozen=True, slots=True)
class Voices:
    """The waveform of a recording on the axis: for each line its name, path and channel; None if mixed."""

    start: float
    size: float
    lines: tuple[tuple[str, str, int | None], ...]


@dataclass(frozen=True)
class Replay:
    """The whole drawing; `tape` is the recording to play, which begins at second `offset`."""

    length: float
    ticks: tuple[tuple[float, float], ...]
    lanes: tuple[Lane, ...]
    pins: tuple[Pin, ...] = ()
    tape: Playback | None = None
    offset: float = 0.0
    voices: Voices | None = None

    @property
    def stops(self) -> str:
        """The seconds of the notes, for the player to jump to."""
        return " ".join(f"{pin.second:g}" for pin in self.pins)


@dataclass
class Axis:
    """The time axis of a call, from its beginning."""

    locale: Locale
    record: CallRecord
    now: datetime
    length: float = field(init=False)

    def __post_init__(self) -> None:
        call = self.record.call
        end = call.ended_at or self.now
        self.length = max(MIN_LENGTH, self.record.after(end))

    @property
    def end(self) -> datetime:
        """The time at which the axis ends."""
        return self.record.call.started_at + timedelta(seconds=self.length)

    def place(self, moment: datetime) -> float:
        """The position of a moment."""
        return min(100.0, 100 * self.record.after(moment) / self.length)

    def mark(self, kind: str, since: datetime, until: datetime | None, text: str, title: str = "") -> Mark:
        """A stretch; with its text if that fits, else only a title."""
        start = self.place(since)
        size = max(MIN_WIDTH, self.place(until or self.end) - start)
        return Mark(kind, start, size, text if len(text) * LETTER_WIDTH + 2 < size else "", title or text)

    def lasts(self, since: datetime, until: datetime | None) -> str:
        """The length of a stretch, in words."""
        return self.locale.duration(((until or self.end) - since).total_seconds())

    def ticks(self) -> Iterator[tuple[float, float]]:
        """The labelled seconds, each with its position."""
        step = next((step for step in TICK_STEPS if self.length / step <= MAX_TICKS), TICK_STEPS[-1])
        second = 0
        while second <= self.length - step / 4:
            yield second, 100 * second / self.length
            second += step


def replay(locale: Locale, record: CallRecord, tapes: Sequence[Playback], now: datetime) -> Replay:
    """The drawing of a call, with the first recording that can be played."""
    axis = Axis(locale, record, now)
    tape = next((tape for tape in tapes if tape.plays), None)
    lanes = [_menu(axis), *_queue(axis), *_telephones(axis)]
    return Replay(
        length=axis.length,
        ticks=tuple(axis.ticks()),
        lanes=tuple(lane for lane in lanes if lane.marks),
        pins=tuple(_pins(axis)),
        tape=tape,
        offset=_offset(axis, tape) if tape else 0.0,
        voices=_voices(axis, tape) if tape else None,
    )


def _turns(axis: Axis) -> list[Facts]:
    """The call-flow requests of the caller, in their order."""
    facts = sorted((event.facts for event in axis.record.events), key=order_key)
    return [turn for turn in facts if turn.kind == REQUEST and not turn.screening and turn.received_at]


def _menu(axis: Axis) -> Lane:
    """The lane of the menus, with the keys pressed."""
    marks = []
    for question, response in pairwise(_turns(axis)):
        if response.node and question.received_at and response.received_at:
            key = axis.locale.digits(response.keys or "–")
            title = axis.locale._("Pressed %(key)s", key=key) if response.keys else axis.locale._("No key")
            marks.append(axis.mark("menu", question.received_at, response.received_at, key, title))
    return Lane(axis.locale._("Menu"), tuple(marks))


def _queue(axis: Axis) -> Iterator[Lane]:
    """The lane of the queues, with the waits."""
    call = axis.record.call
    marks, since = [], None
    for turn in _turns(axis):
        waits = turn.state == CallState.QUEUED
        if waits and since is None:
            since = turn.received_at
        elif since and not waits:
            marks.append(axis.mark("wait", since, turn.received_at, axis.lasts(since, turn.received_at)))
            since = None
    if since:
        marks.append(axis.mark("wait", since, call.ended_at, axis.lasts(since, call.ended_at)))
    queue = labels.queue(axis.locale, call.queue)
    yield Lane(
        axis.locale._("Queue: %(queue)s", queue=queue) if queue else axis.locale._("Queue"), tuple(marks)
    )


def _telephones(axis: Axis) -> Iterator[Lane]:
    """A lane for each agent who was rung, and for each other phone."""
    lanes: dict[str, list[Leg]] = {}
    for leg in axis.record.legs:
        lanes.setdefault(leg.agent_id or leg.target or "", []).append(leg)
    for legs in lanes.values():
        seen = [pop.seen_at for pop in axis.record.pops if pop.agent_id == legs[0].agent_id and pop.seen_at]
        marks = tuple(mark for leg in legs for mark in _leg(axis, leg))
        name = _name_of(axis, legs[0])
        yield Lane(name, marks, tuple(axis.place(moment) for moment in seen), person=bool(legs[0].agent_id))


def _name_of(axis: Axis, leg: Leg) -> str:
    if leg.agent_id:
        return axis.record.names.get(leg.agent_id) or axis.locale._("Somebody who left")
    target = leg.target or ""
    return axis.locale.tel(target) if target.startswith("+") else target or axis.locale._("A phone")


def _leg(axis: Axis, leg: Leg) -> Iterator[Mark]:
    """The marks of a leg: its ringing, and its conversation."""
    locale, call = axis.locale, axis.record.call
    if leg.rang_at:
        until = leg.answered_at or leg.ended_at or call.ended_at
        rang = locale._("rang for %(time)s", time=axis.lasts(leg.rang_at, until))
        yield axis.mark("won" if leg.answered_at else "ring", leg.rang_at, until, "", rang)
    if not leg.answered_at:
        return
    began, ended = leg.answered_at, leg.ended_at or call.ended_at
    if axis.record.outbound and leg.carrier_sid == axis.record.root:
        until = call.answered_at or ended
        on_line = locale._("on the line while theirs rings")
        yield axis.mark("won", began, until, "", on_line)
        if not call.answered_at:
            return
        began = call.answered_at
    yield axis.mark("talk", began, ended, axis.lasts(began, ended), locale._("talks"))


def _pins(axis: Axis) -> Iterator[Pin]:
    for number, note in enumerate(axis.record.notes, start=1):
        if note.created_at <= axis.end:
            second = round(axis.record.after(note.created_at), 1)
            yield Pin(number, axis.place(note.created_at), second)


def _offset(axis: Axis, tape: Playback) -> float:
    """The second of the call at which the recording begins."""
    return round(min(axis.record.after(_began_at(axis, tape)), max(0.0, axis.length - tape.seconds)), 1)


def _began_at(axis: Axis, tape: Playback) -> datetime:
    """When the recording began. The carrier drops the fraction of that second, so a call may seem to be
    recorded before it was answered: it never is.
    """
    answered = axis.record.call.answered_at
    if tape.voicemail or answered is None or not tape.began_at < answered < tape.began_at + A_SECOND:
        return tape.began_at
    return answered


def _voices(axis: Axis, tape: Playback) -> Voices | None:
    if not tape.peaks:
        return None
    offset, seconds = _offset(axis, tape), tape.seconds or axis.length
    lines = [waveform_path(channel, VOICES, TALL) for channel in tape.peaks]
    locale = axis.locale
    far_side = locale._("Called") if axis.record.outbound else locale._("Caller")
    sides: list[tuple[str, str, int | None]]
    if len(lines) == 1:
        sides = [(far_side if tape.voicemail else locale._("Both sides"), lines[0], None)]
    else:
        # The first channel is the root leg's: the caller's, or our own where we rang them.
        theirs, ours = (1, 0) if axis.record.outbound else (0, 1)
        sides = [(far_side, lines[theirs], theirs), (locale._("Our side"), lines[ours], ours)]
    return Voices(100 * offset / axis.length, 100 * min(seconds, axis.length) / axis.length, tuple(sides))
