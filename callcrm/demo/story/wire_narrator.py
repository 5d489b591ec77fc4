"""Exchanges between carrier and app as lines of the story: each request, and the response to it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from urllib.parse import urlsplit

from callcrm.demo.sample_data.people import BUSINESS_NUMBER, OPERATOR_NUMBER
from callcrm.demo.story.story import Entry, LocalizedText
from callcrm.i18n.locale import Locale
from callcrm.simulator.leg import Leg
from callcrm.simulator.twiml.reader import BadTwiml, parse
from callcrm.simulator.twiml.verbs import Dial, Enqueue, Gather, Hangup, Leave, Noun, Record, Redirect, Verb
from callcrm.simulator.wire.wire_log import Exchange

WEBHOOK_ROOT = "/webhooks/twilio/"
SHOWN_PARAMS = ("Digits", "DialCallStatus", "QueuePosition", "QueueResult", "RecordingDuration")
STATUS_PARAMS = ("CallStatus", "RecordingStatus")
SILENT_STATUSES = frozenset({"initiated"})  # ringing is reported a second later


@dataclass(frozen=True)
class WireNarrator:
    """Makes lines of exchanges. `find_leg` finds a leg by its SID, `display_name` names an address."""

    find_leg: Callable[[str], Leg | None]
    display_name: Callable[[str, Locale], str]

    def entries(self, exchange: Exchange) -> Iterator[Entry]:
        """The lines of one exchange: two for a call-flow request and its response, one for a callback."""
        leg = self.find_leg(exchange.sid)
        path = urlsplit(exchange.url).path.rpartition(WEBHOOK_ROOT)[2]
        if leg is None or exchange.kind not in ("flow", "status", "recording"):
            return
        form, call = exchange.form, leg.root.sid
        if exchange.kind == "flow":
            began = exchange.at - timedelta(seconds=exchange.seconds)
            yield Entry(began, call, self._request_text(path, form, leg), _request_wire(exchange, path))
            yield Entry(exchange.at, call, self._response_text(exchange), _response_wire(exchange))
        else:
            text = self._callback_text(exchange, form, leg)
            if text is not None:
                yield Entry(exchange.at, call, text, _callback_wire(exchange, path))

    # --- call-flow requests ---

    def _request_text(self, path: str, form: Mapping[str, str], leg: Leg) -> LocalizedText:
        key = form.get("Digits", "")
        if path in ("voice", "voice/fallback"):
            return _first_request(path)
        if path in ("outbound", "screen"):
            return _callee_request(path, key, partial(self.display_name, leg.to))
        if "DialCallStatus" in form:
            return _dial_result(form)
        if "QueueResult" in form:
            return _queue_result(form)
        if "RecordingDuration" in form:
            seconds = int(form["RecordingDuration"])
            return lambda locale: locale._("A message was left: %(time)s", time=locale.duration(seconds))
        if key:
            return lambda locale: locale._("The caller presses %(key)s", key=locale.digits(key))
        if "QueuePosition" in form:
            return _waiting(form)
        return lambda locale: locale._("The caller has pressed nothing")

    # --- our responses ---

    def _response_text(self, exchange: Exchange) -> LocalizedText:
        if exchange.status != 200:
            return lambda locale: locale._("No answer that could be used")
        milliseconds = round(exchange.seconds * 1000)
        action = self._document_text(exchange.body)
        return lambda locale: locale._(
            "Kept, then answered in %(ms)s ms: %(doing)s",
            ms=locale.number(milliseconds),
            doing=action(locale),
        )

    def _document_text(self, body: bytes) -> LocalizedText:
        try:
            verbs = parse(body).verbs
        except BadTwiml:
            return lambda locale: locale._("nothing that can be followed")
        if not verbs:
            return lambda locale: locale._("connect the two")
        for verb in verbs:
            text = self._verb_text(verb)
            if text is not None:
                return text
        return lambda locale: locale._("go on")

    def _verb_text(self, verb: Verb) -> LocalizedText | None:
        match verb:
            case Dial():
                addresses = [noun.address for noun in verb.nouns if isinstance(noun, Noun)]
                party = partial(self._names, addresses)
                if any(address.startswith("client:") for address in addresses):
                    return lambda locale: locale._("ring %(who)s’s browser", who=party(locale))
                return lambda locale: locale._("ring the phone of %(who)s", who=party(locale))
            case Enqueue():
                return lambda locale: locale._("wait in the queue %(queue)s", queue=verb.name)
            case Record():
                return lambda locale: locale._("take a message after the tone")
            case Gather():
                return lambda locale: locale._("say what there is to choose, await a key")
            case Leave():
                return lambda locale: locale._("leave the queue")
            case Hangup():
                return lambda locale: locale._("hang up")
            case Redirect():
                return lambda locale: locale._("go on at another place")
        return None

    def _names(self, addresses: Sequence[str], locale: Locale) -> str:
        return " · ".join(self.display_name(address, locale) for address in addresses)

    # --- callbacks ---

    def _callback_text(self, exchange: Exchange, form: Mapping[str, str], leg: Leg) -> LocalizedText | None:
        if exchange.kind == "recording":
            return _recording_text(form)
        status, party = form.get("CallStatus", ""), partial(self.display_name, leg.to)
        if status in SILENT_STATUSES:
            return None
        seconds = int(form.get("CallDuration") or 0)
        if leg.parent is None and leg.to in (BUSINESS_NUMBER, OPERATOR_NUMBER):
            return lambda locale: locale._("The call is over, after %(time)s", time=locale.duration(seconds))
        return _leg_status_text(status, party, seconds)


def _leg_status_text(status: str, party: LocalizedText, seconds: int) -> LocalizedText:
    match status:
        case "ringing":
            return lambda locale: locale._("It rings at %(who)s", who=party(locale))
        case "in-progress":
            return lambda locale: locale._("%(who)s has answered", who=party(locale))
        case "completed":
            return lambda locale: locale._(
                "%(who)s is off the line, after %(time)s", who=party(locale), time=locale.duration(seconds)
            )
        case "busy":
            return lambda locale: locale._("%(who)s is engaged", who=party(locale))
        case "no-answer":
            return lambda locale: locale._("%(who)s did not answer", who=party(locale))
        case "canceled":
            return lambda locale: locale._("It no longer rings at %(who)s", who=party(locale))
    return lambda locale: locale._("%(who)s can’t be reached", who=party(locale))


def _first_request(path: str) -> LocalizedText:
    if path == "voice":
        return lambda locale: locale._("The carrier asks what to do with a call")
    return lambda locale: locale._("Our answer failed: the carrier asks at the second address")


def _callee_request(path: str, key: str, party: LocalizedText) -> LocalizedText:
    if path == "outbound":
        return lambda locale: locale._("%(who)s has picked up: whom to ring now?", who=party(locale))
    if key:
        return lambda locale: locale._("%(who)s presses %(key)s", who=party(locale), key=locale.digits(key))
    return lambda locale: locale._("%(who)s has picked up: what do they hear first?", who=party(locale))


def _dial_result(form: Mapping[str, str]) -> LocalizedText:
    if form.get("DialBridged") == "true":
        seconds = int(form.get("DialCallDuration") or 0)
        return lambda locale: locale._("They have spoken, %(time)s: what now?", time=locale.duration(seconds))
    return lambda locale: locale._("Nobody answered: what now?")


def _queue_result(form: Mapping[str, str]) -> LocalizedText:
    seconds = int(form.get("QueueTime") or 0)
    if form["QueueResult"] == "hangup":
        return lambda locale: locale._(
            "The caller gave up waiting, after %(time)s", time=locale.duration(seconds)
        )
    return lambda locale: locale._(
        "The caller is out of the queue, after %(time)s", time=locale.duration(seconds)
    )


def _waiting(form: Mapping[str, str]) -> LocalizedText:
    position, seconds = int(form["QueuePosition"]), int(form.get("QueueTime") or 0)
    return lambda locale: locale._(
        "The caller waits, number %(place)s in line, %(time)s by now",
        place=locale.number(position),
        time=locale.duration(seconds),
    )


def _recording_text(form: Mapping[str, str]) -> LocalizedText | None:
    if form.get("RecordingStatus") == "in-progress":
        return lambda locale: locale._("Recording begins; the caller was told so")
    if form.get("RecordingStatus") == "completed":
        seconds = int(form.get("RecordingDuration") or 0)
        return lambda locale: locale._(
            "The carrier has the recording: %(time)s", time=locale.duration(seconds)
        )
    return None


# --- what went over the wire ---


def _request_wire(exchange: Exchange, path: str) -> str:
    params = [f"{name}={exchange.form[name]}" for name in SHOWN_PARAMS if exchange.form.get(name)]
    return " · ".join([f"{exchange.method} …/{path}", *params, "signed"])


def _callback_wire(exchange: Exchange, path: str) -> str:
    """A callback with the response to it."""
    statuses = [exchange.form[name] for name in STATUS_PARAMS if exchange.form.get(name)]
    return " · ".join([f"{exchange.method} …/{path}", *statuses, _response_wire(exchange)])


def _response_wire(exchange: Exchange) -> str:
    if exchange.status is None:
        return exchange.failure
    if not exchange.body:
        return f"{exchange.status} in {exchange.seconds * 1000:.0f} ms"
    try:
        names = [type(verb).__name__ for verb in parse(exchange.body).verbs]
    except BadTwiml:
        names = []
    return f"{exchange.status} TwiML {' '.join(names) or '(empty)'}"
