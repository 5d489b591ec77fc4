"""A strict parser of TwiML: what the carrier refuses is an error, what it ignores is a warning."""

from collections.abc import Callable
from dataclasses import dataclass
from xml.etree import ElementTree

from callcrm.base.errors import Refused
from callcrm.simulator.twiml.attributes import SCHEMA_WARNING, Attributes, TwimlWarning
from callcrm.simulator.twiml.grammar import ELEMENTS, NOT_SIMULATED, VERBS
from callcrm.simulator.twiml.verbs import (
    ALL_EVENTS,
    Dial,
    Enqueue,
    Gather,
    Hangup,
    Leave,
    NotSimulated,
    NotSimulatedNoun,
    Noun,
    Pause,
    Play,
    Prompt,
    Record,
    Redirect,
    Reject,
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
    """The carrier cannot run this document; `code` is its error code."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code


@dataclass(frozen=True, slots=True)
class Document:
    """The verbs of a document in order, and what the carrier's debugger would warn of."""

    verbs: tuple[Verb, ...]
    warnings: tuple[TwimlWarning, ...] = ()


class _NoDoctype(ElementTree.TreeBuilder):
    """Refuses a document type, and with it every entity that could expand."""

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        raise BadTwiml(12100, "a document type is not allowed")


def parse(body: bytes) -> Document:
    """The document in a response's body; raises BadTwiml."""
    # It refuses a doctype, and with it entities.
    parser = ElementTree.XMLParser(target=_NoDoctype())  # noqa: S314
    try:
        parser.feed(body)
        root = parser.close()
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise BadTwiml(12100, f"not well-formed: {error}") from error
    if root.tag != "Response":
        raise BadTwiml(12102, f"the root is <{root.tag}>, not <Response>")
    warnings: list[TwimlWarning] = []
    _warn_unknown_attributes(root, frozenset(), warnings)
    verbs = [_verb(child, warnings) for child in _valid_children(root, VERBS, warnings)]
    return Document(tuple(verbs), tuple(warnings))


def _valid_children(
    parent: ElementTree.Element, names: frozenset[str], warnings: list[TwimlWarning]
) -> list[ElementTree.Element]:
    children = []
    for child in parent:
        if child.tag in names:
            children.append(child)
        else:
            warnings.append(TwimlWarning(SCHEMA_WARNING, f"<{child.tag}> is not valid in <{parent.tag}>"))
    return children


def _warn_unknown_attributes(
    element: ElementTree.Element, names: frozenset[str], warnings: list[TwimlWarning]
) -> None:
    warnings.extend(
        TwimlWarning(SCHEMA_WARNING, f"{element.tag}: no attribute {name}")
        for name in element.attrib
        if name not in names
    )


def _verb(element: ElementTree.Element, warnings: list[TwimlWarning]) -> Verb:
    if element.tag in NOT_SIMULATED:
        warnings.append(TwimlWarning(0, f"<{element.tag}> is not simulated"))
        return NotSimulated(element.tag)
    _warn_unknown_attributes(element, ELEMENTS[element.tag].attributes, warnings)
    if not ELEMENTS[element.tag].children and element.tag != "Say":  # Say may hold speech markup
        _valid_children(element, frozenset(), warnings)
    return READERS[element.tag](element, Attributes(element, warnings), warnings)


def _text(element: ElementTree.Element) -> str:
    return (element.text or "").strip()


def _say(element: ElementTree.Element, attributes: Attributes, warnings: list[TwimlWarning]) -> Say:
    text = " ".join("".join(element.itertext()).split())
    return Say(
        text,
        attributes.text("voice", "man"),
        attributes.text("language", "en-US"),
        int(attributes.number("loop", 1)),
    )


def _play(element: ElementTree.Element, attributes: Attributes, warnings: list[TwimlWarning]) -> Play:
    return Play(_text(element), int(attributes.number("loop", 1)), attributes.text("digits", ""))


def _pause(element: ElementTree.Element, attributes: Attributes, warnings: list[TwimlWarning]) -> Pause:
    return Pause(attributes.number("length", 1, 1))


def _gather(element: ElementTree.Element, attributes: Attributes, warnings: list[TwimlWarning]) -> Gather:
    prompts = [
        _verb(child, warnings) for child in _valid_children(element, ELEMENTS["Gather"].children, warnings)
    ]
    digits = int(attributes.number("numDigits", 0, 1))
    return Gather(
        prompts=tuple(prompt for prompt in prompts if isinstance(prompt, Prompt)),
        action=attributes.optional("action"),
        method=attributes.method(),
        input=attributes.choice("input", "dtmf", ("dtmf", "speech", "dtmf speech", "speech dtmf")),
        timeout=attributes.number("timeout", 5),
        num_digits=digits or None,
        finish_on_key=attributes.text("finishOnKey", "#"),
        action_on_empty_result=attributes.flag("actionOnEmptyResult", False),
        language=attributes.text("language", "en-US"),
    )


def _redirect(element: ElementTree.Element, attributes: Attributes, warnings: list[TwimlWarning]) -> Redirect:
    return Redirect(_text(element), attributes.method())


def _reject(element: ElementTree.Element, attributes: Attributes, warnings: list[TwimlWarning]) -> Reject:
    return Reject(attributes.choice("reason", "rejected", ("rejected", "busy")))


def _dial(element: ElementTree.Element, attributes: Attributes, warnings: list[TwimlWarning]) -> Dial:
    nouns = [
        _noun(child, warnings) for child in _valid_children(element, ELEMENTS["Dial"].children, warnings)
    ]
    if not nouns and _text(element):
        nouns = [Noun(_text(element))]
    record = attributes.choice("record", "do-not-record", RECORD_KINDS)
    aliases = {"true": "record-from-answer", "false": "do-not-record"}
    return Dial(
        nouns=tuple(nouns[:10]),  # the carrier rings ten at most
        action=attributes.optional("action"),
        method=attributes.method(),
        timeout=attributes.number("timeout", 30, 5, 600),
        time_limit=attributes.number("timeLimit", 14400, 1),
        caller_id=attributes.optional("callerId"),
        answer_on_bridge=attributes.flag("answerOnBridge", False),
        hangup_on_star=attributes.flag("hangupOnStar", False),
        record=aliases.get(record, record),
        recording_status_callback=attributes.optional("recordingStatusCallback"),
        recording_status_callback_event=attributes.events(
            "recordingStatusCallbackEvent", ("completed",), RECORDING_EVENTS
        ),
    )


def _noun(element: ElementTree.Element, warnings: list[TwimlWarning]) -> Noun | NotSimulatedNoun:
    _warn_unknown_attributes(element, ELEMENTS[element.tag].attributes, warnings)
    if element.tag not in ("Number", "Client", "Sip"):
        warnings.append(TwimlWarning(0, f"<Dial><{element.tag}> is not simulated: nobody will answer"))
        return NotSimulatedNoun(element.tag, _text(element))
    attributes = Attributes(element, warnings)
    address, parameters = _text(element), []
    for child in _valid_children(element, ELEMENTS[element.tag].children, warnings):
        if child.tag == "Identity":
            address = _text(child)
        else:
            parameters.append((child.get("name", ""), child.get("value", "")))
    return Noun(
        f"client:{address}" if element.tag == "Client" else address,
        attributes.optional("url"),
        attributes.method(),
        attributes.optional("statusCallback"),
        attributes.method("statusCallbackMethod"),
        attributes.events("statusCallbackEvent", ("completed",), ALL_EVENTS),
        tuple(parameters),
    )


def _enqueue(element: ElementTree.Element, attributes: Attributes, warnings: list[TwimlWarning]) -> Enqueue:
    return Enqueue(
        _text(element)[:64],
        attributes.optional("action"),
        attributes.method(),
        attributes.optional("waitUrl"),
        attributes.method("waitUrlMethod"),
    )


def _record(element: ElementTree.Element, attributes: Attributes, warnings: list[TwimlWarning]) -> Record:
    return Record(
        action=attributes.optional("action"),
        method=attributes.method(),
        timeout=attributes.number("timeout", 5),
        finish_on_key=attributes.text("finishOnKey", Record().finish_on_key),
        max_length=attributes.number("maxLength", 3600, 1),
        play_beep=attributes.flag("playBeep", True),
        trim=attributes.choice("trim", "trim-silence", ("trim-silence", "do-not-trim")),
        recording_status_callback=attributes.optional("recordingStatusCallback"),
        recording_status_callback_event=attributes.events(
            "recordingStatusCallbackEvent", ("completed",), RECORDING_EVENTS
        ),
    )


Reader = Callable[[ElementTree.Element, Attributes, list[TwimlWarning]], Verb]

READERS: dict[str, Reader] = {
    "Say": _say,
    "Play": _play,
    "Pause": _pause,
    "Gather": _gather,
    "Redirect": _redirect,
    "Hangup": lambda element, attributes, warnings: Hangup(),
    "Reject": _reject,
    "Leave": lambda element, attributes, warnings: Leave(),
    "Dial": _dial,
    "Enqueue": _enqueue,
    "Record": _record,
}
