"""One caller on foot: documents fetched over HTTP, read as the carrier reads them, and keys pressed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urlencode, urljoin, urlsplit

import httpx

from callcrm.ivr.flows.prompts import PromptBook, Speech, clip_from
from callcrm.ivr.proof.timing import DOCUMENT_SECONDS, RING_PADDING
from callcrm.simulator.twiml.reader import parse
from callcrm.simulator.twiml.verbs import (
    Dial,
    Enqueue,
    Gather,
    Hangup,
    Leave,
    Noun,
    Pause,
    Play,
    Prompt,
    Record,
    Redirect,
    Say,
    Verb,
)
from callcrm.simulator.wire.signature import sign
from tests.posts import completed, inbound
from tests.running import OPERATOR, TOKEN
from tests.running_app import FORM, PUBLIC

VOICE, STATUS = "/webhooks/twilio/voice", "/webhooks/twilio/status"
STEP = re.compile(rb"step=\d+")
MOST_DOCUMENTS = 40  # of a caller who does nothing


class Kind(StrEnum):
    """Where a caller on foot stops."""

    ASKED = "asked"  # keys are awaited
    RECORDER = "recorder"  # after the beep
    SPOKE = "spoke"  # connected with a human
    OVER = "over"  # hung up on, or nothing left to do


@dataclass(frozen=True, slots=True)
class World:
    """The carrier's side: how ringing ends (a DialCallStatus), and whether its queues are full.

    `staffed`: a caller may be sent into a queue; `served`: it is known all the while that they do well there.
    """

    agents: str = "completed"
    operator: str = "completed"
    full: bool = False
    staffed: bool = True
    served: bool = True


@dataclass(frozen=True, slots=True)
class Line:
    """The way to the app, and how long its prompts take."""

    http: httpx.AsyncClient
    book: PromptBook

    async def post(self, path: str, fields: Mapping[str, str]) -> bytes:
        """The body of a signed post's answer."""
        signed = {"X-Twilio-Signature": sign(TOKEN, PUBLIC + path, fields.items()), "Content-Type": FORM}
        answer = await self.http.post(path, content=urlencode(fields), headers=signed)
        assert answer.status_code in (200, 204), (path, answer.status_code)
        return answer.content

    def seconds(self, prompt: Prompt) -> float:
        """How long a prompt takes."""
        if isinstance(prompt, Pause):
            return prompt.length
        if isinstance(prompt, Say):
            return Speech(prompt.text, prompt.language).seconds
        language, name = urlsplit(prompt.url).path.removesuffix(".wav").split("/")[-2:]
        path = self.book.file_for(language, name)
        clip = path and clip_from(language, path)
        assert clip, prompt.url
        return clip.seconds


@dataclass
class Walker:
    """A call, as far as it has come. `seconds` and `asked` count what a caller lives through."""

    line: Line
    world: World
    sid: str
    kind: Kind = Kind.OVER
    seconds: float = 0.0
    rang_after: float | None = None  # seconds until a human was first rung
    recorded: bool = False  # a recorder was reached
    questions: list[bytes] = field(default_factory=list)
    documents: list[bytes] = field(default_factory=list)
    _url: str = VOICE
    _verbs: list[Verb] = field(default_factory=list)
    _queue: Enqueue | None = None

    @property
    def waits(self) -> bool:
        """Whether the caller is in a queue."""
        return self._queue is not None

    def at(self, *kinds: Kind) -> bool:
        """Whether this is where the caller stands."""
        return self.kind in kinds

    @property
    def place(self) -> tuple[str, bool, bytes]:
        """What makes two stops the same: all but what only counts documents."""
        return self.kind, self.waits, self.documents[-1]

    async def begin(self) -> None:
        """Call in, and listen to the first stop."""
        await self._fetch(VOICE)
        await self._on()

    async def press(self, keys: str) -> None:
        """Press keys at this stop; those it does not take are as good as silence."""
        verb = self._verbs[0]
        if isinstance(verb, Gather):
            digits, finish = _gathered(verb, keys)
            await self._fetch(verb.action, Digits=digits, FinishedOnKey=finish, msg="Gather End")
        elif isinstance(verb, Record):
            ended = next((key for key in keys if key in verb.finish_on_key), "")
            await self._recorded(verb, verb.timeout, ended)
        await self._on()

    async def stay_silent(self) -> None:
        """Do nothing at this stop."""
        verb = self._verbs[0]
        if isinstance(verb, Gather):
            self.seconds += verb.timeout
            self._verbs.pop(0)
        elif isinstance(verb, Record):
            await self._recorded(verb, verb.timeout, "")
        await self._on()

    async def speak(self) -> None:
        """Leave a message at a recorder."""
        verb = self._verbs[0]
        assert isinstance(verb, Record)
        await self._recorded(verb, 9, "#")
        await self._on()

    async def hang_up(self) -> None:
        """The end of the call, as a number's status callback tells it."""
        await self.line.post(STATUS, completed(self.sid, round(self.seconds)))

    async def _recorded(self, verb: Record, seconds: float, key: str) -> None:
        self.recorded = True
        told = {"RecordingSid": f"RE{self.sid}", "RecordingUrl": "x", "RecordingDuration": str(int(seconds))}
        await self._fetch(verb.action, Digits=key, **told)

    async def _fetch(self, url: str | None, **told: str) -> None:
        target = urljoin(self._url, url) if url is not None else self._url
        path = target.removeprefix(PUBLIC)
        status = "in-progress" if self.documents else "ringing"
        body = await self.line.post(path, inbound(self.sid) | {"CallStatus": status} | told)
        document = parse(body)
        assert document.warnings == (), (path, document.warnings)
        self._url, self._verbs = target, list(document.verbs)
        self.documents.append(STEP.sub(b"step=", body))
        self.seconds += DOCUMENT_SECONDS
        assert len(self.documents) < MOST_DOCUMENTS, "a loop"

    async def _on(self) -> None:
        """Live through verbs until the caller can do something, or need not."""
        while True:
            verb = self._verbs[0] if self._verbs else None
            if isinstance(verb, Gather | Record):
                self._stop(verb)
                return
            if isinstance(verb, Hangup) or (verb is None and self._queue is None):
                self.kind = Kind.OVER
                return
            if not await self._live(verb):
                self.kind = Kind.SPOKE
                return

    def _stop(self, verb: Gather | Record) -> None:
        self.kind = Kind.ASKED if isinstance(verb, Gather) else Kind.RECORDER
        if isinstance(verb, Gather):
            self.seconds += sum(map(self.line.seconds, verb.prompts))
            self.questions.append(repr(verb.prompts).encode())

    async def _live(self, verb: Verb | None) -> bool:
        """One verb that needs nothing of the caller; false if somebody human takes over."""
        match verb:
            case Say() | Play() | Pause():
                self.seconds += self.line.seconds(verb)
            case Redirect():
                await self._fetch(verb.url)
                return True
            case Dial():
                return await self._rung(verb)
            case Enqueue():
                await self._enqueued(verb)
                return True
            case Leave() if self._queue:
                queue, self._queue = self._queue, None
                await self._fetch(queue.action, QueueResult="leave", QueueTime="20")
                return True
            case None:
                assert self._queue
                await self._turn(self._queue)
                return True
        self._verbs.pop(0)
        return True

    async def _rung(self, dial: Dial) -> bool:
        rung = [noun.address for noun in dial.nouns if isinstance(noun, Noun)]
        assert rung, "nobody is rung"
        if self.rang_after is None:
            self.rang_after = self.seconds
        status = self.world.operator if rung == [OPERATOR] else self.world.agents
        if status == "completed":
            return False
        self.seconds += dial.timeout + RING_PADDING if status == "no-answer" else 1
        if dial.action is None:
            self._verbs.pop(0)
            return True
        told = {
            "DialCallStatus": status,
            "DialBridged": "false",
            "DialCallSid": f"{self.sid}leg{len(self.documents)}",
        }
        await self._fetch(dial.action, **told)
        return True

    async def _enqueued(self, verb: Enqueue) -> None:
        if self.world.full:
            await self._fetch(verb.action, QueueResult="queue-full", QueueTime="0")
            return
        self._queue = verb
        assert self.world.staffed, "waits for nobody"
        if self.rang_after is None:
            self.rang_after = self.seconds
        await self._turn(verb)

    async def _turn(self, queue: Enqueue) -> None:
        self._queue = queue
        await self._fetch(queue.wait_url, QueuePosition="1", QueueTime="10", QueueSid="QU1")


def _gathered(verb: Gather, keys: str) -> tuple[str, str]:
    """What the carrier makes of these keys: the digits, and the key that ended them."""
    digits = ""
    for key in keys:
        if key in verb.finish_on_key:
            return digits, key
        digits += key
        if len(digits) == verb.num_digits:
            break
    return digits, ""
