"""What went over the wire, put into words: each request of the carrier's, and what it was answered."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from urllib.parse import urlsplit

from callcrm.demo.sample_data.people import LINE, OPERATOR
from callcrm.demo.story.story import Entry, Said
from callcrm.i18n.locale import Locale
from callcrm.simulator.leg import Leg
from callcrm.simulator.twiml.reader import BadTwiml, parse
from callcrm.simulator.twiml.verbs import Dial, Enqueue, Gather, Hangup, Leave, Noun, Record, Redirect, Verb
from callcrm.simulator.wire.wire_log import Exchange

ROOT = "/webhooks/twilio/"
SHOWN = ("Digits", "DialCallStatus", "QueuePosition", "QueueResult", "RecordingDuration")
STATES = ("CallStatus", "RecordingStatus")
QUIET = frozenset({"initiated"})  # a phone that is being set up: it rings a second later


@dataclass(frozen=True)
class WireNarrator:
    """Makes lines of exchanges. `leg` finds a leg by its SID, `name` says who is at an address."""

    leg: Callable[[str], Leg | None]
    name: Callable[[str, Locale], str]

    def entries(self, exchange: Exchange) -> Iterator[Entry]:
        """The lines of one exchange: what was asked or told, and for a caller's turn what was answered."""
        leg = self.leg(exchange.sid)
        place = urlsplit(exchange.url).path.removeprefix(ROOT)
        if leg is None or exchange.kind not in ("flow", "status", "recording"):
            return
        form, call = exchange.form, leg.root.sid
        asked = self._asked(place, form, leg) if exchange.kind == "flow" else self._told(exchange, form, leg)
        if asked is None:
            return
        if exchange.kind == "flow":
            began = exchange.at - timedelta(seconds=exchange.seconds)
            yield Entry(began, call, asked, _request(exchange, place))
            yield Entry(exchange.at, call, self._answered(exchange), _answer(exchange))
        else:
            yield Entry(exchange.at, call, asked, _report(exchange, place))

    # --- what the carrier asks ---

    def _asked(self, place: str, form: Mapping[str, str], leg: Leg) -> Said | None:
        key = form.get("Digits", "")
        if place in ("voice", "voice/fallback"):
            return _arrival(place)
        if place in ("outbound", "screen"):
            return _picked_up(place, key, partial(self.name, leg.to))
        if "DialCallStatus" in form:
            return _ringing_over(form)
        if "QueueResult" in form:
            return _queue_over(form)
        if "RecordingDuration" in form:
            seconds = int(form["RecordingDuration"])
            return lambda locale: locale._("A message was left: %(time)s", time=locale.duration(seconds))
        if key:
            return lambda locale: locale._("The caller presses %(key)s", key=locale.digits(key))
        if "QueuePosition" in form:
            return _waiting(form)
        return lambda locale: locale._("The caller has pressed nothing")

    # --- what we answer ---

    def _answered(self, exchange: Exchange) -> Said:
        if exchange.status != 200:
            return lambda locale: locale._("No answer that could be used")
        took = round(exchange.seconds * 1000)
        done = self._doing(exchange.body)
        return lambda locale: locale._(
            "Kept, then answered in %(ms)s ms: %(doing)s", ms=locale.number(took), doing=done(locale)
        )

    def _doing(self, body: bytes) -> Said:
        try:
            verbs = parse(body).verbs
        except BadTwiml:
            return lambda locale: locale._("nothing that can be followed")
        if not verbs:
            return lambda locale: locale._("connect the two")
        for verb in verbs:
            said = self._verb(verb)
            if said is not None:
                return said
        return lambda locale: locale._("go on")

    def _verb(self, verb: Verb) -> Said | None:
        match verb:
            case Dial():
                rung = [noun.address for noun in verb.nouns if isinstance(noun, Noun)]
                who = partial(self._names, rung)
                if any(address.startswith("client:") for address in rung):
                    return lambda locale: locale._("ring %(who)s’s browser", who=who(locale))
                return lambda locale: locale._("ring the phone of %(who)s", who=who(locale))
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
        return " · ".join(self.name(address, locale) for address in addresses)

    # --- what the carrier reports ---

    def _told(self, exchange: Exchange, form: Mapping[str, str], leg: Leg) -> Said | None:
        if exchange.kind == "recording":
            return _recording(form)
        status, who = form.get("CallStatus", ""), partial(self.name, leg.to)
        if status in QUIET:
            return None
        seconds = int(form.get("CallDuration") or 0)
        if leg.parent is None and leg.to in (LINE, OPERATOR):
            return lambda locale: locale._("The call is over, after %(time)s", time=locale.duration(seconds))
        return _leg_status(status, who, seconds)


def _leg_status(status: str, who: Said, seconds: int) -> Said:
    match status:
        case "ringing":
            return lambda locale: locale._("It rings at %(who)s", who=who(locale))
        case "in-progress":
            return lambda locale: locale._("%(who)s has answered", who=who(locale))
        case "completed":
            return lambda locale: locale._(
                "%(who)s is off the line, after %(time)s", who=who(locale), time=locale.duration(seconds)
            )
        case "busy":
            return lambda locale: locale._("%(who)s is engaged", who=who(locale))
        case "no-answer":
            return lambda locale: locale._("%(who)s did not answer", who=who(locale))
        case "canceled":
            return lambda locale: locale._("It no longer rings at %(who)s", who=who(locale))
    return lambda locale: locale._("%(who)s can’t be reached", who=who(locale))


def _arrival(place: str) -> Said:
    if place == "voice":
        return lambda locale: locale._("The carrier asks what to do with a call")
    return lambda locale: locale._("Our answer failed: the carrier asks at the second address")


def _picked_up(place: str, key: str, who: Said) -> Said:
    if place == "outbound":
        return lambda locale: locale._("%(who)s has picked up: whom to ring now?", who=who(locale))
    if key:
        return lambda locale: locale._("%(who)s presses %(key)s", who=who(locale), key=locale.digits(key))
    return lambda locale: locale._("%(who)s has picked up: what do they hear first?", who=who(locale))


def _ringing_over(form: Mapping[str, str]) -> Said:
    if form.get("DialBridged") == "true":
        seconds = int(form.get("DialCallDuration") or 0)
        return lambda locale: locale._("They have spoken, %(time)s: what now?", time=locale.duration(seconds))
    return lambda locale: locale._("Nobody answered: what now?")


def _queue_over(form: Mapping[str, str]) -> Said:
    seconds = int(form.get("QueueTime") or 0)
    if form["QueueResult"] == "hangup":
        return lambda locale: locale._(
            "The caller gave up waiting, after %(time)s", time=locale.duration(seconds)
        )
    return lambda locale: locale._(
        "The caller is out of the queue, after %(time)s", time=locale.duration(seconds)
    )


def _waiting(form: Mapping[str, str]) -> Said:
    place, seconds = int(form["QueuePosition"]), int(form.get("QueueTime") or 0)
    return lambda locale: locale._(
        "The caller waits, number %(place)s in line, %(time)s by now",
        place=locale.number(place),
        time=locale.duration(seconds),
    )


def _recording(form: Mapping[str, str]) -> Said | None:
    if form.get("RecordingStatus") == "in-progress":
        return lambda locale: locale._("Recording begins; the caller was told so")
    if form.get("RecordingStatus") == "completed":
        seconds = int(form.get("RecordingDuration") or 0)
        return lambda locale: locale._(
            "The carrier has the recording: %(time)s", time=locale.duration(seconds)
        )
    return None


# --- the carrier's own words ---


def _request(exchange: Exchange, place: str) -> str:
    """A caller's turn, as it was asked for."""
    told = [f"{name}={exchange.form[name]}" for name in SHOWN if exchange.form.get(name)]
    return " · ".join([f"{exchange.method} …/{place}", *told, "signed"])


def _report(exchange: Exchange, place: str) -> str:
    """A report nobody listens to, with what it was answered."""
    told = [exchange.form[name] for name in STATES if exchange.form.get(name)]
    return " · ".join([f"{exchange.method} …/{place}", *told, _answer(exchange)])


def _answer(exchange: Exchange) -> str:
    if exchange.status is None:
        return exchange.failure
    if not exchange.body:
        return f"{exchange.status} in {exchange.seconds * 1000:.0f} ms"
    try:
        names = [type(verb).__name__ for verb in parse(exchange.body).verbs]
    except BadTwiml:
        names = []
    return f"{exchange.status} TwiML {' '.join(names) or '(empty)'}"
