"""A leg on its way through documents: fetching them, falling back, and what verbs need of both."""

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from urllib.parse import urljoin

from callcrm.base.errors import Unavailable
from callcrm.simulator.ground_truth import Fault
from callcrm.simulator.leg import CarrierState, Leg
from callcrm.simulator.twiml.answers import Audio, Failure, Markup, Reply, judge
from callcrm.simulator.twiml.reader import BadTwiml, Document, parse
from callcrm.simulator.twiml.verbs import Hangup, Play, Say, Verb
from callcrm.simulator.wire.webhooks import Errand

LOOP = 1.0  # seconds within which no sane call needs 50 documents


@dataclass(frozen=True, slots=True)
class Goto:
    """Go on with the document at `url`, told these parameters besides the usual ones."""

    url: str
    method: str = "POST"
    params: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""  # TwiML given outright, by REST


class Stop(Enum):
    """Why there is no further document."""

    END = "end"  # nothing left to do
    HANGUP = "hangup"
    LEAVE = "leave"


Outcome = Goto | Stop | None  # None: go on with the next verb


class Broken(Unavailable):
    """The app gave nothing that can be run, and neither did its fallback."""


def nothing() -> dict[str, str]:
    """No parameters besides the usual ones."""
    return {}


@dataclass
class DocumentRunner:
    """One leg in one context: a call, a whisper on the callee's side, or a queue's waiting loop."""

    leg: Leg
    play: Callable[["DocumentRunner", Goto], Awaitable[Stop]]
    lead: Callable[[Leg, Goto], Coroutine[None, None, None]]
    allowed: frozenset[type] | None = None
    extra: Callable[[], dict[str, str]] = nothing
    url: str = ""
    method: str = "POST"

    @property
    def switch(self) -> CarrierState:
        """What all legs share."""
        return self.leg.switch

    def on(
        self, leg: Leg, allowed: frozenset[type], extra: Callable[[], dict[str, str]] = nothing
    ) -> "DocumentRunner":
        """A stage within this one, where only some verbs are allowed."""
        return replace(self, leg=leg, allowed=allowed, extra=extra)

    def goto(self, url: str | None, method: str, params: Mapping[str, str] | None = None) -> Goto:
        """The way to a URL that may be relative; without one, to the current document again."""
        target = urljoin(self.url, url) if url is not None else self.url
        return Goto(target, method, params or {})

    def resolve(self, url: str) -> str:
        """A URL as seen from the current document."""
        return urljoin(self.url, url)

    async def fetch(self, goto: Goto) -> Document:
        """The next document, from the app or else from the fallback URL."""
        self._guard()
        if goto.body:
            return self._warned(parse(goto.body))
        failure = await self._try(goto, {})
        if isinstance(failure, Document):
            return failure
        self.leg.fault(failure.code, failure.reason)
        if not self.leg.fallback:
            raise Broken(failure.reason)
        fallback = replace(goto, url=self.leg.fallback, method="POST")
        rescue = await self._try(fallback, {"ErrorCode": str(failure.code), "ErrorUrl": goto.url})
        if isinstance(rescue, Document):
            return rescue
        self.leg.fault(rescue.code, f"fallback: {rescue.reason}")
        raise Broken(rescue.reason)

    async def tell(self, goto: Goto) -> None:
        """Request a URL though its document will not be run: the caller is no longer there for it."""
        outcome = await self._request(goto, {})
        judged = outcome if isinstance(outcome, Failure) else judge(outcome)
        if isinstance(judged, Failure):
            self.leg.fault(judged.code, judged.reason)

    async def _try(self, goto: Goto, more: Mapping[str, str]) -> Document | Failure:
        outcome = await self._request(goto, more)
        judged = outcome if isinstance(outcome, Failure) else judge(outcome)
        if isinstance(judged, Failure):
            return judged
        self.url, self.method = judged.url, goto.method
        if isinstance(judged, Audio):
            return Document((Play(judged.url), Hangup()))
        try:
            return self._warned(parse(judged.body))
        except BadTwiml as fault:
            return _spoken(judged) if judged.lenient else Failure(fault.code, str(fault))

    async def _request(self, goto: Goto, more: Mapping[str, str]) -> Reply | Failure:
        params = self.leg.params() | self.extra() | dict(goto.params) | dict(more)
        token = self.switch.sids.token()
        errand = Errand("flow", goto.url, tuple(params.items()), goto.method, self.leg.sid, token)
        return await self.switch.web.run(errand)

    def _guard(self) -> None:
        recent, now = self.leg.recent, self.switch.clock.elapsed()
        if len(recent) == recent.maxlen and now - recent[0] < LOOP:
            self.leg.fault(0, f"{len(recent)} documents within a second: an endless loop")
            raise Broken("endless loop")
        recent.append(now)

    def _warned(self, document: Document) -> Document:
        now = self.switch.clock.now()
        self.leg.call.warnings.extend(Fault(now, warn.code, warn.message) for warn in document.warnings)
        return document

    def allows(self, verb: Verb) -> bool:
        """Whether the verb may stand here; if not, a warning."""
        if self.allowed is None or type(verb) in self.allowed:
            return True
        reason = f"<{type(verb).__name__}> is not allowed here"
        self.leg.call.warnings.append(Fault(self.switch.clock.now(), 12200, reason))
        return False


def _spoken(markup: Markup) -> Document:
    return Document((Say(markup.body.decode(errors="replace")), Hangup()))
