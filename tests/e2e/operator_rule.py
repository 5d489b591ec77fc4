"""The operator rule, checked over HTTP on every path of inputs that a caller can take."""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from itertools import count

from sqlmodel import Session, col, select

from callcrm.models import Call, Promise, PromiseKind
from tests.e2e.walker import AppClient, CarrierBehaviour, StopKind, Walker

SILENCE = "silence"
INPUTS = ("0", "1", "2", "9", "*", "#", SILENCE, "01234567890123456789")
MAX_SECONDS = 60
MAX_REPEATS = 3  # of the same question: the prompt and two repeats
MAX_WAIT_TURNS = 4  # of the waiting document, after which a caller counts as served in the queue
InputPath = tuple[str, ...]


@dataclass
class WalkResult:
    """What a walk found: breaches in words, how much was walked, and which calls must have a promise.

    `recorded`: calls that reached a recorder. `stranded`: calls that ended without a human or a recorder,
    and so must have a call back arranged.
    """

    complaints: list[str] = field(default_factory=list)
    stops: int = 0
    documents: int = 0
    slowest: float = 0.0  # seconds to the voicemail
    recorded: set[str] = field(default_factory=set)
    stranded: set[str] = field(default_factory=set)


class OperatorRuleWalk:
    """Walks every path to a depth of so many inputs, breadth first; only new stops are followed further."""

    def __init__(
        self, client: AppClient, carrier: CarrierBehaviour, depth: int, *, stop_at_first: bool = False
    ) -> None:
        self._client = client
        self._carrier = carrier
        self._depth = depth
        self._stop_at_first = stop_at_first
        self._calls = count()
        self._visited: set[object] = set()
        self.result = WalkResult()

    async def check(self) -> WalkResult:
        """Walk from the first document on, until no stop is new or the first breach."""
        pending: deque[InputPath] = deque([()])
        while pending:
            path = pending.popleft()
            inputs = INPUTS if len(path) < self._depth else (SILENCE, "0")
            paths = await asyncio.gather(*(self._try(path, keys) for keys in inputs))
            pending.extend(new for new in paths if new)
            if self.result.complaints and self._stop_at_first:
                break
        return self.result

    async def _try(self, path: InputPath, last: str) -> InputPath | None:
        """One call: this path, one input more, then silence. The longer path, if it leads to a new stop."""
        walker = Walker(self._client, self._carrier, f"CAwalk{next(self._calls)}")
        try:
            return await self._go(walker, path, last)
        except AssertionError as breach:
            self.result.complaints.append(f"{', '.join((*path, last))}: {breach}")
            return None
        finally:
            self.result.documents += len(walker.documents)
            await walker.hang_up()

    async def _go(self, walker: Walker, path: InputPath, last: str) -> InputPath | None:
        await walker.begin()
        for keys in path:
            await _enter(walker, keys)
        before = len(walker.documents)
        walker.seconds, walker.rang_after, walker.questions = 0.0, None, walker.questions[-1:]
        await _enter(walker, last)
        if last == "0":
            _assert_human_next(walker, before)
        new = walker.stop_id not in self._visited and walker.at(StopKind.KEYS_AWAITED, StopKind.RECORDER)
        self._visited.add(walker.stop_id)
        self.result.stops += new
        await self._in_silence(walker, (*path, last))
        return (*path, last) if new and len(path) < self._depth else None

    async def _in_silence(self, walker: Walker, path: InputPath) -> None:
        """From here on the caller does nothing but leave a message on every other path."""
        turns = 0
        while walker.at(StopKind.KEYS_AWAITED) and turns < MAX_WAIT_TURNS:
            turns += walker.waits
            await walker.stay_silent()
        assert turns < MAX_WAIT_TURNS or self._carrier.served, "waits in vain"
        _assert_in_time(walker)
        if walker.at(StopKind.RECORDER):
            self.result.slowest = max(self.result.slowest, walker.seconds)
            await (walker.speak() if len(path) % 2 else walker.stay_silent())
            assert walker.at(StopKind.OVER), "goes on after a message"
        if walker.at(StopKind.OVER):
            (self.result.recorded if walker.recorded else self.result.stranded).add(walker.sid)


async def _enter(walker: Walker, keys: str) -> None:
    await (walker.stay_silent() if keys == SILENCE else walker.press(keys))


def _assert_human_next(walker: Walker, before: int) -> None:
    """The next document rings somebody. In a queue, where no Dial is allowed, it leaves the queue first."""
    documents = walker.documents[before:]
    if documents and b"<Leave" in documents[0]:
        documents = documents[1:]
    assert documents, "0 is not answered"
    assert b"<Dial" in documents[0], "0 does not lead to a human"


def _assert_in_time(walker: Walker) -> None:
    if walker.waits:  # served in the queue, with its exits at every turn
        return
    seconds = walker.rang_after if walker.rang_after is not None else walker.seconds
    assert seconds <= MAX_SECONDS, f"{seconds:.0f} s until a human"
    repeats = max((walker.questions.count(question) for question in walker.questions), default=0)
    assert repeats <= MAX_REPEATS, f"asks {repeats} times"
    if walker.at(StopKind.RECORDER):
        assert walker.seconds <= MAX_SECONDS, f"{walker.seconds:.0f} s until the voicemail"


def unkept_promises(session: Session, result: WalkResult) -> list[str]:
    """Complaints about calls without the promise they must have; call it once the store has all events."""
    statement = select(Call.carrier_sid, Promise.kind).join(Promise, col(Promise.call_id) == col(Call.id))
    promised: dict[str, str] = dict(session.exec(statement).all())
    no_promise = [f"{sid} is owed nothing" for sid in result.recorded - promised.keys()]
    stranded = [sid for sid in result.stranded if promised.get(sid) != PromiseKind.CALLBACK]
    return [*no_promise, *(f"{sid} was left without a human, a recorder or a call back" for sid in stranded)]
