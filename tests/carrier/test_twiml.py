"""Documents for the carrier: complete, well-formed, and of nothing but what is allowed (I15)."""

import string
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcrm.carrier.twiml.fallback import last_resort, static_fallback
from callcrm.carrier.twiml.renderer import ACCEPTED, DECLINED, TwimlRenderer
from callcrm.ivr.flows.prompts import VOICES, Clip, PromptBook
from callcrm.ivr.steps import (
    Answer,
    Decision,
    Enqueue,
    Gather,
    HangUp,
    LeaveQueue,
    NodeKind,
    Position,
    Prompt,
    RecordMessage,
    Ring,
    Step,
    Target,
)

BASE = "https://calls.example"
HELLO = Prompt("hello")
BOOK = PromptBook(
    {"en": {"hello": "Hello & <welcome>"}}, {("fa", "hello"): Clip("fa", "hello", Path("x.wav"), 1)}
)
POSITION = Position(NodeKind.NODE, "main", node="main", step=3)
RINGING = Position(NodeKind.QUEUE, "main", queue="sales", step=4, rings=1, announced=True)
ANA = Target("ana", "softphone", agent="agent_ana")
BEN = Target("+12025550111", agent="agent_ben", screen=True)
DESK = Target("sip:desk@pbx.example", "sip")

ALLOWED = {
    "Response": set(),
    "Gather": {"action", "finishOnKey", "input", "numDigits", "timeout"},
    "Say": {"language"},
    "Play": set(),
    "Redirect": set(),
    "Dial": {
        "action",
        "answerOnBridge",
        "callerId",
        "record",
        "recordingStatusCallback",
        "recordingStatusCallbackEvent",
        "timeLimit",
        "timeout",
    },
    "Number": {"statusCallback", "statusCallbackEvent", "url"},
    "Client": {"statusCallback", "statusCallbackEvent", "url"},
    "Sip": {"statusCallback", "statusCallbackEvent", "url"},
    "Enqueue": {"action", "waitUrl"},
    "Leave": set(),
    "Record": {
        "action",
        "finishOnKey",
        "maxLength",
        "playBeep",
        "recordingStatusCallback",
        "recordingStatusCallbackEvent",
        "timeout",
    },
    "Hangup": set(),
}


def parsed(document: str) -> ElementTree.Element:
    """The document, after the checks that hold for every one."""
    assert document.startswith('<?xml version="1.0" encoding="UTF-8"?><Response')
    assert len(document.encode()) <= 64_000
    root = ElementTree.fromstring(document)
    for element in root.iter():
        assert set(element.attrib) <= ALLOWED[element.tag], element.tag
        assert element.tag != "Dial" or element.get("timeLimit"), "no outgoing leg is without a limit"
    return root


def rendered(step: Step, language: str = "en", book: PromptBook = BOOK) -> ElementTree.Element:
    return parsed(TwimlRenderer(book, BASE, "+12025550100").render(Answer(step, language, Decision())))


def only(root: ElementTree.Element, tag: str) -> ElementTree.Element:
    (element,) = root.iter(tag)
    return element


def test_a_question_gathers_any_key_and_goes_on_in_silence() -> None:
    root = rendered(Gather((HELLO,), POSITION, POSITION.next(), 4))
    gather = only(root, "Gather")
    assert [element.tag for element in root] == ["Gather", "Redirect"]
    assert (gather.get("numDigits"), gather.get("finishOnKey"), gather.get("timeout")) == ("1", "", "4")
    assert gather.get("action") == f"{BASE}/webhooks/twilio/at/node/main/main?language=en&step=3"
    assert only(root, "Redirect").text == f"{BASE}/webhooks/twilio/at/node/main/main?language=en&step=4"


def test_a_number_is_gathered_up_to_the_hash_key() -> None:
    gather = only(rendered(Gather((), POSITION, POSITION, 5, 20)), "Gather")
    assert (gather.get("numDigits"), gather.get("finishOnKey")) == ("20", "#")


def test_text_is_spoken_and_audio_is_played() -> None:
    assert only(rendered(HangUp((HELLO,))), "Say").text == "Hello & <welcome>"
    assert only(rendered(HangUp((HELLO,)), "fa"), "Play").text == f"{BASE}/prompts/fa/hello.wav"


def ring(*targets: Target, record: bool = True) -> ElementTree.Element:
    return rendered(Ring((HELLO,), targets, RINGING, 20, record=record))


def test_a_ring_always_goes_on_to_the_next_place() -> None:
    dial = only(ring(ANA), "Dial")
    assert dial.get("action", "").startswith(f"{BASE}/webhooks/twilio/at/queue/main/sales?")
    assert (dial.get("answerOnBridge"), dial.get("timeout"), dial.get("callerId")) == (
        "true",
        "20",
        "+12025550100",
    )


def test_both_sides_of_an_answered_call_are_recorded_where_it_was_said() -> None:
    dial = only(ring(ANA), "Dial")
    assert dial.get("record") == "record-from-answer-dual"
    assert dial.get("recordingStatusCallback") == f"{BASE}/webhooks/twilio/recording?kind=call"
    assert "record" not in only(ring(ANA, record=False), "Dial").attrib


def test_each_kind_of_target_is_rung_its_own_way() -> None:
    root = ring(ANA, BEN, DESK)
    targets = [(element.tag, element.text) for element in only(root, "Dial")]
    assert targets == [("Client", "ana"), ("Number", "+12025550111"), ("Sip", "sip:desk@pbx.example")]


def test_every_phone_reports_all_it_does_for_the_document_that_rang_it() -> None:
    for noun in only(ring(ANA, BEN, DESK), "Dial"):
        assert noun.get("statusCallbackEvent") == "initiated ringing answered completed"
        assert noun.get("statusCallback", "").startswith(f"{BASE}/webhooks/twilio/leg?")
        assert noun.get("statusCallback", "").endswith("step=3")


def test_only_a_screened_phone_is_asked_to_press_one() -> None:
    urls = [noun.get("url") for noun in only(ring(ANA, BEN), "Dial")]
    assert urls == [None, f"{BASE}/webhooks/twilio/screen?agent=agent_ben&language=en&step=3"]


@pytest.mark.parametrize(
    "target",
    [
        Target("911; DROP"),
        Target("+1202555"[:4]),
        Target("sip:desk@pbx.example"),
        Target("sip:a@b?x=y", "sip"),
        Target("a b", "softphone"),
        Target("+12025550111", "pigeon"),
    ],
)
def test_what_is_no_number_is_never_dialled_and_the_caller_leaves_a_message(target: Target) -> None:
    root = ring(target)
    assert root.find("Dial") is None
    assert "/at/voicemail/" in only(root, "Record").get("action", "")
    assert len(only(ring(target, BEN), "Dial")) == 1


def test_no_more_than_ten_phones_ring_at_once() -> None:
    assert len(only(ring(*[Target(f"+120255501{at:02}") for at in range(12)]), "Dial")) == 10


def test_the_queue_has_a_loop_and_a_way_on() -> None:
    wait, then = (
        Position(NodeKind.WAIT, "main", queue="sales"),
        Position(NodeKind.LEFT, "main", queue="sales"),
    )
    enqueue = only(rendered(Enqueue((), "sales", wait, then)), "Enqueue")
    assert enqueue.text == "sales"
    assert "/at/wait/main/sales?" in enqueue.get("waitUrl", "")
    assert "/at/left/main/sales?" in enqueue.get("action", "")


def test_leaving_the_queue_is_one_verb() -> None:
    assert [element.tag for element in rendered(LeaveQueue())] == ["Leave"]


def test_a_message_is_recorded_until_zero_or_hash_and_reported() -> None:
    root = rendered(RecordMessage((HELLO,), Position(NodeKind.VOICEMAIL, step=5), 180))
    record = only(root, "Record")
    assert (record.get("finishOnKey"), record.get("maxLength"), record.get("playBeep")) == (
        "0#",
        "180",
        "true",
    )
    assert record.get("recordingStatusCallback") == f"{BASE}/webhooks/twilio/recording?kind=voicemail"
    assert [element.tag for element in root] == ["Say", "Record", "Redirect"]


def test_a_finish_hangs_up_after_its_words() -> None:
    assert [element.tag for element in rendered(HangUp((HELLO,)))] == ["Say", "Hangup"]


def test_who_picks_up_is_asked_to_press_one_and_hung_up_on_otherwise() -> None:
    renderer = TwimlRenderer(PromptBook({"en": {"screen": "Press 1."}}), BASE)
    root = parsed(renderer.render_screen("/webhooks/twilio/screen?agent=a&language=en&step=3"))
    assert [element.tag for element in root] == ["Gather", "Hangup"]
    assert only(root, "Gather").get("action") == f"{BASE}/webhooks/twilio/screen?agent=a&language=en&step=3"
    assert only(root, "Say").text == "Press 1."
    assert list(parsed(ACCEPTED)) == []
    assert [element.tag for element in parsed(DECLINED)] == ["Hangup"]


def test_the_static_fallback_needs_nothing_of_ours_and_is_small() -> None:
    document = static_fallback(["+12025550111", "sip:desk@pbx.example", "not a number"], 7200)
    root = parsed(document)
    assert [element.tag for element in root] == ["Say", "Dial", "Say", "Record"]
    assert [noun.text for noun in only(root, "Dial")] == ["+12025550111", "sip:desk@pbx.example"]
    assert "http" not in document
    assert len(document) <= 1024


def test_the_last_resort_rings_the_operators_and_keeps_the_message() -> None:
    root = parsed(last_resort(["+12025550111"], BASE, 7200))
    assert [element.tag for element in root] == ["Say", "Dial", "Say", "Record"]
    assert only(root, "Record").get("action", "").startswith(f"{BASE}/webhooks/twilio/at/voicemail/")
    assert "kind=voicemail" in only(root, "Record").get("recordingStatusCallback", "")


def test_control_characters_in_a_prompt_are_left_out() -> None:
    root = rendered(HangUp((HELLO,)), book=PromptBook({"en": {"hello": "One\x0b mo\x00ment\x1b"}}))
    assert only(root, "Say").text == "One moment"


def test_the_same_answer_gets_the_same_document() -> None:
    renderer = TwimlRenderer(BOOK, BASE)
    first = Answer(Gather((Prompt("hello", {"position": 1}),), POSITION, POSITION), "en", Decision())
    again = Answer(
        Gather((Prompt("hello", {"position": 1}),), POSITION, POSITION), "en", Decision(node="main")
    )
    assert renderer.render(first) is renderer.render(again)


def test_the_same_words_with_another_number_are_another_document() -> None:
    renderer = TwimlRenderer(PromptBook({"en": {"wait-position": "Number {position}."}}), BASE)
    texts = [
        renderer.render(Answer(HangUp((Prompt("wait-position", {"position": at}),)), "en", Decision()))
        for at in (1, 2)
    ]
    assert texts[0] != texts[1]


def test_a_document_too_large_is_sent_without_words() -> None:
    book = PromptBook({"en": {"hello": "&" * 4000}})
    root = rendered(Gather((HELLO,) * 9, POSITION, POSITION), book=book)
    assert [element.tag for element in root.iter()] == ["Response", "Gather", "Redirect"]


anything = st.text(max_size=60) | st.sampled_from(
    ["\x00", "\x0b", "\x1b", "\ufffe", "\ud800", "]]>", "&amp;<"]
)
prompts = st.tuples(st.builds(Prompt, key=anything, language=anything))
targets = st.tuples(
    st.builds(
        Target,
        address=anything | st.just("+12025550111"),
        kind=st.sampled_from(["phone", "sip", "softphone"]) | anything,
        agent=st.none() | anything,
        screen=st.booleans(),
    )
)
positions = st.builds(
    Position, kind=st.sampled_from(NodeKind), flow=anything, node=anything, queue=anything, language=anything
)
steps = (
    st.builds(Gather, say=prompts, then=positions, no_input=positions)
    | st.builds(Ring, say=prompts, targets=targets, then=positions, record=st.booleans())
    | st.builds(Enqueue, say=prompts, queue=anything, wait=positions, then=positions)
    | st.just(LeaveQueue())
    | st.builds(RecordMessage, say=prompts, then=positions)
    | st.builds(HangUp, say=prompts)
)


@settings(max_examples=300, deadline=None)
@given(steps, anything, anything, st.text(max_size=2000))
def test_whatever_is_in_a_step_the_document_is_well_formed_and_allowed(
    step: Step, language: str, key: str, words: str
) -> None:
    book = PromptBook({tag: {key: words, HELLO.key: words} for tag in VOICES})
    root = rendered(step, language, book)
    for noun in root.iter("Number"):
        assert set((noun.text or "").removeprefix("+")) <= set(string.digits)
