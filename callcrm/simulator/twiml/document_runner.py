"""Fetching and running a leg's documents: URLs, fallback, and what the verbs need of both."""

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from urllib.parse import urljoin

from callcrm.base.errors import Unavailable
from callcrm.simulator.ground_truth import Alert
from callcrm.simulator.leg import CarrierState, Leg
from callcrm.simulator.twiml.attributes import SCHEMA_WARNING
from callcrm.simulator.twiml.reader import BadTwiml, Document, parse
from callcrm.simulator.twiml.verbs import Hangup, Play, Say, Verb
from callcrm.simulator.wire.responses import (
    AudioDocument,
    TwimlBody,
    WebhookFailure,
    WebhookResponse,
    classify,
)
from callcrm.simulator.wire.webhooks import WebhookRequest

LOOP_SECONDS = 1.0  # within which no sane call needs 50 documents


@dataclass(frozen=True, slots=True)
class Goto:
    """The next document: its URL, and form parameters besides the leg's own."""

    url: str
    method: str = "POST"
    params: Mapping[str, str] = field(default_factory=dict)
    twiml: bytes = b""  # the document itself, where REST gives it in place of a URL


class Stop(Enum):
    """Why there is no further document."""

    END = "end"  # no verb left
    HANGUP = "hangup"
    LEAVE = "leave"


Outcome = Goto | Stop | None  # None: go on with the next verb


class ApplicationError(Unavailable):
    """Neither the app nor its fallback URL gave a document that can be run."""


def no_params() -> dict[str, str]:
    """No parameters besides the leg's own."""
    return {}


@dataclass
class DocumentRunner:
    """One leg in one context: a call, a whisper on the callee's leg, or a queue's waiting loop.

    `run` runs documents within this context, `run_leg` a leg of its own; the interpreter gives both.
    `allowed_verbs` limits the context, `extra_params` are sent with each of its requests.
    """

    leg: Leg
    run: Callable[["DocumentRunner", Goto], Awaitable[Stop]]
    run_leg: Callable[[Leg, Goto], Coroutine[None, None, None]]
    allowed_verbs: frozenset[type] | None = None
    extra_params: Callable[[], dict[str, str]] = no_params
    url: str = ""
    method: str = "POST"

    @property
    def carrier(self) -> CarrierState:
        """What all legs share."""
        return self.leg.carrier

    def nested(
        self, leg: Leg, allowed_verbs: frozenset[type], extra_params: Callable[[], dict[str, str]] = no_params
    ) -> "DocumentRunner":
        """A context within this one, in which only some verbs are allowed."""
        return replace(self, leg=leg, allowed_verbs=allowed_verbs, extra_params=extra_params)

    def goto(self, url: str | None, method: str, params: Mapping[str, str] | None = None) -> Goto:
        """The way to a URL, relative to the current document; without one, to that document again."""
        target = urljoin(self.url, url) if url is not None else self.url
        return Goto(target, method, params or {})

    def resolve(self, url: str) -> str:
        """A URL as seen from the current document."""
        return urljoin(self.url, url)

    async def fetch(self, goto: Goto) -> Document:
        """The next document, from the app or else from the fallback URL; ApplicationError if both fail."""
        self._guard_against_loops()
        if goto.twiml:
            return self._keep_warnings(parse(goto.twiml))
        document = await self._fetch_from(goto, {})
        if isinstance(document, Document):
            return document
        failure = document
        self.leg.record_error(failure.code, failure.reason)
        if not self.leg.fallback_url:
            raise ApplicationError(failure.reason)
        # The fallback gets the same parameters, and these two.
        fallback = replace(goto, url=self.leg.fallback_url, method="POST")
        document = await self._fetch_from(fallback, {"ErrorCode": str(failure.code), "ErrorUrl": goto.url})
        if isinstance(document, Document):
            return document
        self.leg.record_error(document.code, f"fallback: {document.reason}")
        raise ApplicationError(document.reason)

    async def request_only(self, goto: Goto) -> None:
        """Request a URL whose document will not be run, as the caller is gone; a bad one still counts."""
        result = await self._request(goto, {})
        content = result if isinstance(result, WebhookFailure) else classify(result)
        if isinstance(content, WebhookFailure):
            self.leg.record_error(content.code, content.reason)

    async def _fetch_from(self, goto: Goto, more: Mapping[str, str]) -> Document | WebhookFailure:
        result = await self._request(goto, more)
        content = result if isinstance(result, WebhookFailure) else classify(result)
        if isinstance(content, WebhookFailure):
            return content
        self.url, self.method = content.url, goto.method
        if isinstance(content, AudioDocument):
            return Document((Play(content.url), Hangup()))
        try:
            return self._keep_warnings(parse(content.body))
        except BadTwiml as error:
            return _spoken_text(content) if content.lenient else WebhookFailure(error.code, str(error))

    async def _request(self, goto: Goto, more: Mapping[str, str]) -> WebhookResponse | WebhookFailure:
        params = self.leg.params() | self.extra_params() | dict(goto.params) | dict(more)
        token = self.carrier.sids.token()
        request = WebhookRequest("flow", goto.url, tuple(params.items()), goto.method, self.leg.sid, token)
        return await self.carrier.webhooks.send(request)

    def _guard_against_loops(self) -> None:
        times, now = self.leg.fetch_times, self.carrier.clock.monotonic()
        if len(times) == times.maxlen and now - times[0] < LOOP_SECONDS:
            self.leg.record_error(0, f"{len(times)} documents within a second: an endless loop")
            raise ApplicationError("endless loop")
        times.append(now)

    def _keep_warnings(self, document: Document) -> Document:
        now = self.carrier.clock.now()
        alerts = [Alert(now, warning.code, warning.message) for warning in document.warnings]
        self.leg.call_truth.warnings.extend(alerts)
        return document

    def allows(self, verb: Verb) -> bool:
        """Whether the verb may stand in this context; if not, that is a warning."""
        if self.allowed_verbs is None or type(verb) in self.allowed_verbs:
            return True
        reason = f"<{type(verb).__name__}> is not allowed here"
        self.leg.call_truth.warnings.append(Alert(self.carrier.clock.now(), SCHEMA_WARNING, reason))
        return False


def _spoken_text(content: TwimlBody) -> Document:
    """Plain text that is no TwiML: the carrier speaks it and hangs up."""
    return Document((Say(content.body.decode(errors="replace")), Hangup()))
