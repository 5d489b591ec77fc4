"""A strict reader of TwiML: what the carrier refuses is an error, what it ignores is a warning."""

from collections.abc import Callable
from dataclasses import dataclass
from xml.etree import ElementTree

from callcrm.base.errors import Refused
from callcrm.simulator.twiml.attributes import INVALID, Attributes, Warn
from callcrm.simulator.twiml.grammar import ELEMENTS, NOT_SIMULATED, VERBS
from callcrm.simulator.twiml.verbs import (
    ALL_EVENTS,
    Dial,
    Enqueue,
    Gather,
    Hangup,
    Leave,
    NotSimulated,
    Noun,
    Pause,
    Play,
    Prompt,
    Record,
    Redirect,
    Reject,
    Room,
    Say,
    Verb,
)

RECORD_KINDS = (
    "do-not-record",
    "record-from-answer",
    "record-from-ringing",
    "record-from-answer-dual",
    "record-from-ringing-dual",
    "true",
    "false",
)
RECORDING_EVENTS = ("in-progress", "completed", "absent")


class BadTwiml(Refused):
    """The carrier can't run this document; `code` is its error code."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code


@dataclass(frozen=True, slots=True)
class Document:
    """The verbs of a document in order, and the carrier's complaints about it."""

    verbs: tuple[Verb, ...]
    warnings: tuple[Warn, ...] = ()


class _NoDoctype(ElementTree.TreeBuilder):
    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        raise BadTwiml(12100, "a document type is not allowed")


def parse(body: bytes) -> Document:
    """The document of an answer's body."""
    parser = ElementTree.XMLParser(target=_NoDoctype())  # noqa: S314
    try:
        parser.feed(body)
        root = parser.close()
    except (ElementTree.ParseError, ValueError, LookupError) as fault:
        raise BadTwiml(12100, f"not well-formed: {fault}") from fault
    if root.tag != "Response":
        raise BadTwiml(12102, f"the root is <{root.tag}>, not <Response>")
    warnings: list[Warn] = []
    _strays(root, frozenset(), warnings)
    verbs = [_verb(child, warnings) for child in _known(root, VERBS, warnings)]
    return Document(tuple(verbs), tuple(warnings))


def _known(
    parent: ElementTree.Element, names: frozenset[str], warnings: list[Warn]
) -> list[ElementTree.Element]:
    known = []
    for child in parent:
        if child.tag in names:
            known.append(child)
        else:
            warnings.append(Warn(INVALID, f"<{child.tag}> is not valid in <{parent.tag}>"))
    return known


def _strays(element: ElementTree.Element, names: frozenset[str], warnings: list[Warn]) -> None:
    warnings.extend(
        Warn(INVALID, f"{element.tag}: no attribute {name}") for name in element.attrib if name not in names
    )


def _verb(element: ElementTree.Element, warnings: list[Warn]) -> Verb:
    if element.tag in NOT_SIMULATED:
        warnings.append(Warn(0, f"<{element.tag}> is not simulated"))
        return NotSimulated(element.tag)
    _strays(element, ELEMENTS[element.tag].attributes, warnings)
    if not ELEMENTS[element.tag].children and element.tag != "Say":  # Say may hold speech markup
        _known(element, frozenset(), warnings)
    return READERS[element.tag](element, Attributes(element, warnings), warnings)


def _text(element: ElementTree.Element) -> str:
    return (element.text or "").strip()


def _say(element: ElementTree.Element, given: Attributes, warnings: list[Warn]) -> Say:
    words = " ".join("".join(element.itertext()).split())
    return Say(
        words, given.text("voice", "man"), given.text("language", "en-US"), int(given.number("loop", 1))
    )


def _play(element: ElementTree.Element, given: Attributes, warnings: list[Warn]) -> Play:
    return Play(_text(element), int(given.number("loop", 1)), given.text("digits", ""))


def _pause(element: ElementTree.Element, given: Attributes, warnings: list[Warn]) -> Pause:
    return Pause(given.number("length", 1, 1))


def _gather(element: ElementTree.Element, given: Attributes, warnings: list[Warn]) -> Gather:
    prompts = [_verb(child, warnings) for child in _known(element, ELEMENTS["Gather"].children, warnings)]
    digits = int(given.number("numDigits", 0, 1))
    return Gather(
        prompts=tuple(prompt for prompt in prompts if isinstance(prompt, Prompt)),
        action=given.optional("action"),
        method=given.method(),
        input=given.choice("input", "dtmf", ("dtmf", "speech", "dtmf speech", "speech dtmf")),
        timeout=given.number("timeout", 5),
        num_digits=digits or None,
        finish_on_key=given.text("finishOnKey", "#"),
        action_on_empty_result=given.flag("actionOnEmptyResult", False),
        language=given.text("language", "en-US"),
    )


def _redirect(element: ElementTree.Element, given: Attributes, warnings: list[Warn]) -> Redirect:
    return Redirect(_text(element), given.method())


def _reject(element: ElementTree.Element, given: Attributes, warnings: list[Warn]) -> Reject:
    return Reject(given.choice("reason", "rejected", ("rejected", "busy")))


def _dial(element: ElementTree.Element, given: Attributes, warnings: list[Warn]) -> Dial:
    nouns = [_noun(child, warnings) for child in _known(element, ELEMENTS["Dial"].children, warnings)]
    if not nouns and _text(element):
        nouns = [Noun(_text(element))]
    record = given.choice("record", "do-not-record", RECORD_KINDS)
    aliases = {"true": "record-from-answer", "false": "do-not-record"}
    return Dial(
        nouns=tuple(nouns[:10]),
        action=given.optional("action"),
        method=given.method(),
        timeout=given.number("timeout", 30, 5, 600),
        time_limit=given.number("timeLimit", 14400, 1),
        caller_id=given.optional("callerId"),
        answer_on_bridge=given.flag("answerOnBridge", False),
        hangup_on_star=given.flag("hangupOnStar", False),
        record=aliases.get(record, record),
        recording_status_callback=given.optional("recordingStatusCallback"),
        recording_status_callback_event=given.events(
            "recordingStatusCallbackEvent", ("completed",), RECORDING_EVENTS
        ),
    )


def _noun(element: ElementTree.Element, warnings: list[Warn]) -> Noun | Room:
    _strays(element, ELEMENTS[element.tag].attributes, warnings)
    if element.tag not in ("Number", "Client", "Sip"):
        warnings.append(Warn(0, f"<Dial><{element.tag}> is not simulated: nobody will answer"))
        return Room(element.tag, _text(element))
    given = Attributes(element, warnings)
    address, parameters = _text(element), []
    for child in _known(element, ELEMENTS[element.tag].children, warnings):
        if child.tag == "Identity":
            address = _text(child)
        else:
            parameters.append((child.get("name", ""), child.get("value", "")))
    return Noun(
        f"client:{address}" if element.tag == "Client" else address,
        given.optional("url"),
        given.method(),
        given.optional("statusCallback"),
        given.method("statusCallbackMethod"),
        given.events("statusCallbackEvent", ("completed",), ALL_EVENTS),
        tuple(parameters),
    )


def _enqueue(element: ElementTree.Element, given: Attributes, warnings: list[Warn]) -> Enqueue:
    return Enqueue(
        _text(element)[:64],
        given.optional("action"),
        given.method(),
        given.optional("waitUrl"),
        given.method("waitUrlMethod"),
    )


def _record(element: ElementTree.Element, given: Attributes, warnings: list[Warn]) -> Record:
    return Record(
        action=given.optional("action"),
        method=given.method(),
        timeout=given.number("timeout", 5),
        finish_on_key=given.text("finishOnKey", Record().finish_on_key),
        max_length=given.number("maxLength", 3600, 1),
        play_beep=given.flag("playBeep", True),
        trim=given.choice("trim", "trim-silence", ("trim-silence", "do-not-trim")),
        recording_status_callback=given.optional("recordingStatusCallback"),
        recording_status_callback_event=given.events(
            "recordingStatusCallbackEvent", ("completed",), RECORDING_EVENTS
        ),
    )


Reader = Callable[[ElementTree.Element, Attributes, list[Warn]], Verb]

READERS: dict[str, Reader] = {
    "Say": _say,
    "Play": _play,
    "Pause": _pause,
    "Gather": _gather,
    "Redirect": _redirect,
    "Hangup": lambda element, given, warnings: Hangup(),
    "Reject": _reject,
    "Leave": lambda element, given, warnings: Leave(),
    "Dial": _dial,
    "Enqueue": _enqueue,
    "Record": _record,
}
