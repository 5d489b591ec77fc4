"""The operator rule, held against every way a caller can go: the check that guards it, over HTTP."""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from itertools import count

from sqlmodel import Session, col, select

from callcrm.models import Call, Promise, PromiseKind
from tests.e2e.walking import Kind, Line, Walker, World

SILENCE = "silence"
KEYS = ("0", "1", "2", "9", "*", "#", SILENCE, "01234567890123456789")
MOST_SECONDS = 60
MOST_ASKED = 3  # the prompt and two repeats
TURNS = 4  # of waiting in a queue with its exits, before it counts as waiting well
Way = tuple[str, ...]


@dataclass
class Found:
    """What a walk found: breaches in words, how much was walked, and what is owed to which call.

    `called_back`: calls that ended without a human or a recorder, and so must have a call back arranged.
    """

    complaints: list[str] = field(default_factory=list)
    stops: int = 0
    documents: int = 0
    slowest: float = 0.0  # seconds to the voicemail
    recorded: set[str] = field(default_factory=set)
    called_back: set[str] = field(default_factory=set)


class Rule:
    """Walks every way to a depth of so many inputs, breadth first."""

    def __init__(self, line: Line, world: World, depth: int, *, stop_at_first: bool = False) -> None:
        self._line = line
        self._world = world
        self._depth = depth
        self._stop_at_first = stop_at_first
        self._calls = count()
        self._known: set[object] = set()
        self.found = Found()

    async def check(self) -> Found:
        """What is found from the first document on."""
        open_: deque[Way] = deque([()])
        while open_:
            path = open_.popleft()
            inputs = KEYS if len(path) < self._depth else (SILENCE, "0")
            ways = await asyncio.gather(*(self._try(path, one) for one in inputs))
            open_.extend(way for way in ways if way)
            if self.found.complaints and self._stop_at_first:
                break
        return self.found

    async def _try(self, path: Way, last: str) -> Way | None:
        """One call: the way there, one input more, then silence. The way, if it leads to a new stop."""
        walker, way = Walker(self._line, self._world, f"CAwalk{next(self._calls)}"), (*path, last)
        try:
            return await self._go(walker, path, last)
        except AssertionError as fault:
            self.found.complaints.append(f"{', '.join(way)}: {fault}")
            return None
        finally:
            self.found.documents += len(walker.documents)
            await walker.hang_up()

    async def _go(self, walker: Walker, path: Way, last: str) -> Way | None:
        await walker.begin()
        for one in path:
            await _input(walker, one)
        before = len(walker.documents)
        walker.seconds, walker.rang_after, walker.questions = 0.0, None, walker.questions[-1:]
        await _input(walker, last)
        if last == "0":
            _human_next(walker, before)
        new = walker.place not in self._known and walker.at(Kind.ASKED, Kind.RECORDER)
        self._known.add(walker.place)
        self.found.stops += new
        await self._in_silence(walker, (*path, last))
        return (*path, last) if new and len(path) < self._depth else None

    async def _in_silence(self, walker: Walker, way: Way) -> None:
        """From here on the caller does nothing."""
        turns = 0
        while walker.at(Kind.ASKED) and turns < TURNS:
            turns += walker.waits
            await walker.stay_silent()
        assert turns < TURNS or self._world.served, "waits in vain"
        _soon(walker)
        if walker.at(Kind.RECORDER):
            self.found.slowest = max(self.found.slowest, walker.seconds)
            await (walker.speak() if len(way) % 2 else walker.stay_silent())
            assert walker.at(Kind.OVER), "goes on after a message"
        if walker.at(Kind.OVER):
            (self.found.recorded if walker.recorded else self.found.called_back).add(walker.sid)


async def _input(walker: Walker, one: str) -> None:
    await (walker.stay_silent() if one == SILENCE else walker.press(one))


def _human_next(walker: Walker, before: int) -> None:
    """The next document rings somebody; where it can't, since the caller is in a queue, it lets them out."""
    answers = walker.documents[before:]
    if answers and b"<Leave" in answers[0]:
        answers = answers[1:]
    assert answers, "0 is not answered"
    assert b"<Dial" in answers[0], "0 does not lead to a human"


def _soon(walker: Walker) -> None:
    if walker.waits:  # where somebody serves them, with the exits at every turn
        return
    reached = walker.rang_after if walker.rang_after is not None else walker.seconds
    assert reached <= MOST_SECONDS, f"{reached:.0f} s until a human"
    asked = max((walker.questions.count(one) for one in walker.questions), default=0)
    assert asked <= MOST_ASKED, f"asks {asked} times"
    if walker.at(Kind.RECORDER):
        assert walker.seconds <= MOST_SECONDS, f"{walker.seconds:.0f} s until the voicemail"


def unkept(session: Session, found: Found) -> list[str]:
    """Calls of the walk that ended with less than they are owed; to be asked once the store has them all."""
    statement = select(Call.carrier_sid, Promise.kind).join(Promise, col(Promise.call_id) == col(Call.id))
    promised: dict[str, str] = dict(session.exec(statement).all())
    nothing = [f"{sid} is owed nothing" for sid in found.recorded - promised.keys()]
    stranded = [sid for sid in found.called_back if promised.get(sid) != PromiseKind.CALLBACK]
    return [*nothing, *(f"{sid} was left without a human, a recorder or a call back" for sid in stranded)]
