"""A caller played step by step: documents fetched over HTTP, read as the carrier does, and keys pressed."""

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
MAX_DOCUMENTS = 40  # of one call


class StopKind(StrEnum):
    """Where a caller stops."""

    KEYS_AWAITED = "keys awaited"
    RECORDER = "recorder"  # after the beep
    SPOKE = "spoke"  # connected with a human
    OVER = "over"  # hung up on, or nothing left to do


@dataclass(frozen=True, slots=True)
class CarrierBehaviour:
    """The carrier's side: how ringing ends (a DialCallStatus), and whether its queues are full.

    `staffed`: there are agents, so that a caller may be enqueued. `served`: somebody takes those who wait, so
    that they may wait longer than MAX_SECONDS.
    """

    agents: str = "completed"
    operator: str = "completed"
    full: bool = False
    staffed: bool = True
    served: bool = True


@dataclass(frozen=True, slots=True)
class AppClient:
    """Posts signed webhooks to the app, and knows how long its prompts take."""

    http: httpx.AsyncClient
    prompts: PromptBook

    async def post(self, path: str, fields: Mapping[str, str]) -> bytes:
        """The body of the response to a signed post."""
        headers = {"X-Twilio-Signature": sign(TOKEN, PUBLIC + path, fields.items()), "Content-Type": FORM}
        response = await self.http.post(path, content=urlencode(fields), headers=headers)
        assert response.status_code in (200, 204), (path, response.status_code)
        return response.content

    def seconds(self, prompt: Prompt) -> float:
        """How long a prompt takes to play."""
        if isinstance(prompt, Pause):
            return prompt.length
        if isinstance(prompt, Say):
            return Speech(prompt.text, prompt.language).seconds
        language, name = urlsplit(prompt.url).path.removesuffix(".wav").split("/")[-2:]
        path = self.prompts.file_for(language, name)
        clip = path and clip_from(language, path)
        assert clip, prompt.url
        return clip.seconds


@dataclass
class Walker:
    """A call, as far as it has come: `seconds` since the last reset, `questions` asked, `documents` got."""

    client: AppClient
    carrier: CarrierBehaviour
    sid: str
    kind: StopKind = StopKind.OVER
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

    def at(self, *kinds: StopKind) -> bool:
        """Whether the caller is at a stop of one of these kinds."""
        return self.kind in kinds

    @property
    def stop_id(self) -> tuple[str, bool, bytes]:
        """What identifies a stop: two with the same one lead to the same stops."""
        return self.kind, self.waits, self.documents[-1]

    async def begin(self) -> None:
        """Call in, and listen to the first stop."""
        await self._fetch(VOICE)
        await self._continue()

    async def press(self, keys: str) -> None:
        """Press keys at this stop; at one that takes none they do nothing."""
        verb = self._verbs[0]
        if isinstance(verb, Gather):
            digits, finish = _gathered(verb, keys)
            await self._fetch(verb.action, Digits=digits, FinishedOnKey=finish, msg="Gather End")
        elif isinstance(verb, Record):
            ended = next((key for key in keys if key in verb.finish_on_key), "")
            await self._record(verb, verb.timeout, ended)
        await self._continue()

    async def stay_silent(self) -> None:
        """Do nothing at this stop."""
        verb = self._verbs[0]
        if isinstance(verb, Gather):
            self.seconds += verb.timeout
            self._verbs.pop(0)
        elif isinstance(verb, Record):
            await self._record(verb, verb.timeout, "")
        await self._continue()

    async def speak(self) -> None:
        """Leave a message at a recorder."""
        verb = self._verbs[0]
        assert isinstance(verb, Record)
        await self._record(verb, 9, "#")
        await self._continue()

    async def hang_up(self) -> None:
        """End the call, with the number's status callback."""
        await self.client.post(STATUS, completed(self.sid, round(self.seconds)))

    async def _record(self, verb: Record, seconds: float, key: str) -> None:
        self.recorded = True
        duration = str(int(seconds))
        recording = {"RecordingSid": f"RE{self.sid}", "RecordingUrl": "x", "RecordingDuration": duration}
        await self._fetch(verb.action, Digits=key, **recording)

    async def _fetch(self, url: str | None, **params: str) -> None:
        target = urljoin(self._url, url) if url is not None else self._url
        path = target.removeprefix(PUBLIC)
        status = "in-progress" if self.documents else "ringing"
        body = await self.client.post(path, inbound(self.sid) | {"CallStatus": status} | params)
        document = parse(body)
        assert document.warnings == (), (path, document.warnings)
        self._url, self._verbs = target, list(document.verbs)
        self.documents.append(STEP.sub(b"step=", body))
        self.seconds += DOCUMENT_SECONDS
        assert len(self.documents) < MAX_DOCUMENTS, "a loop"

    async def _continue(self) -> None:
        """Run verbs until the caller can do something, is connected, or the call is over."""
        while True:
            verb = self._verbs[0] if self._verbs else None
            if isinstance(verb, Gather | Record):
                self._stop_at(verb)
                return
            if isinstance(verb, Hangup) or (verb is None and self._queue is None):
                self.kind = StopKind.OVER
                return
            if not await self._run(verb):
                self.kind = StopKind.SPOKE
                return

    def _stop_at(self, verb: Gather | Record) -> None:
        self.kind = StopKind.KEYS_AWAITED if isinstance(verb, Gather) else StopKind.RECORDER
        if isinstance(verb, Gather):
            self.seconds += sum(map(self.client.seconds, verb.prompts))
            self.questions.append(repr(verb.prompts).encode())

    async def _run(self, verb: Verb | None) -> bool:
        """Run a verb that needs nothing of the caller; false if it has connected them with a human."""
        match verb:
            case Say() | Play() | Pause():
                self.seconds += self.client.seconds(verb)
            case Redirect():
                await self._fetch(verb.url)
                return True
            case Dial():
                return await self._dial(verb)
            case Enqueue():
                await self._enqueue(verb)
                return True
            case Leave() if self._queue:
                queue, self._queue = self._queue, None
                await self._fetch(queue.action, QueueResult="leave", QueueTime="20")
                return True
            case None:
                assert self._queue
                await self._fetch_wait_document(self._queue)
                return True
        self._verbs.pop(0)
        return True

    async def _dial(self, dial: Dial) -> bool:
        addresses = [noun.address for noun in dial.nouns if isinstance(noun, Noun)]
        assert addresses, "nobody is rung"
        if self.rang_after is None:
            self.rang_after = self.seconds
        status = self.carrier.operator if addresses == [OPERATOR] else self.carrier.agents
        if status == "completed":
            return False
        self.seconds += dial.timeout + RING_PADDING if status == "no-answer" else 1
        if dial.action is None:
            self._verbs.pop(0)
            return True
        params = {
            "DialCallStatus": status,
            "DialBridged": "false",
            "DialCallSid": f"{self.sid}leg{len(self.documents)}",
        }
        await self._fetch(dial.action, **params)
        return True

    async def _enqueue(self, verb: Enqueue) -> None:
        if self.carrier.full:
            await self._fetch(verb.action, QueueResult="queue-full", QueueTime="0")
            return
        self._queue = verb
        assert self.carrier.staffed, "waits for nobody"
        if self.rang_after is None:
            self.rang_after = self.seconds
        await self._fetch_wait_document(verb)

    async def _fetch_wait_document(self, queue: Enqueue) -> None:
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
