"""The strict reader of TwiML."""

import pytest

from callcrm.simulator.twiml.reader import BadTwiml, parse
from callcrm.simulator.twiml.verbs import (
    Dial,
    Enqueue,
    Gather,
    Hangup,
    NotSimulatedNoun,
    Noun,
    Play,
    Record,
    Redirect,
    Say,
)


def read(inside: str) -> tuple[object, ...]:
    return parse(f"<Response>{inside}</Response>".encode()).verbs


def warnings_of(inside: str) -> list[str]:
    return [warning.message for warning in parse(f"<Response>{inside}</Response>".encode()).warnings]


@pytest.mark.parametrize(
    "body",
    [
        b' <?xml version="1.0"?><Response/>',
        b"<Response><Redirect>/a?b=1&c=2</Redirect></Response>",
        b"<Response><Say>a</Response>",
        b"<Response><Say>\x0b</Say></Response>",
        b"<Response><Say>&nbsp;</Say></Response>",
        b"\xff\xfe\xff",
        b"hello",
    ],
)
def test_what_is_not_well_formed_is_refused_with_its_code(body: bytes) -> None:
    with pytest.raises(BadTwiml) as refusal:
        parse(body)
    assert refusal.value.code == 12100


def test_a_document_type_is_refused_before_any_entity_is_expanded() -> None:
    body = b'<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><Response><Say>&b;</Say></Response>'
    with pytest.raises(BadTwiml, match="document type"):
        parse(body)


def test_another_root_is_refused_with_its_code() -> None:
    with pytest.raises(BadTwiml) as refusal:
        parse(b"<response/>")
    assert refusal.value.code == 12102


def test_prompts_and_keys_are_read() -> None:
    verbs = read('<Gather action="/a" numDigits="1" timeout="3"><Say>Hi</Say><Play>/x.wav</Play></Gather>')
    assert verbs == (Gather((Say("Hi"), Play("/x.wav")), action="/a", num_digits=1, timeout=3),)


def test_entities_and_speech_markup_in_a_text_are_read_as_text() -> None:
    assert read("<Say>Tom &amp; <emphasis>Ana</emphasis></Say>") == (Say("Tom & Ana"),)


def test_a_dial_to_a_number_and_a_softphone_is_read() -> None:
    (dial,) = read(
        '<Dial answerOnBridge="true" timeout="20" record="record-from-answer-dual">'
        '<Number url="/w" statusCallback="/s" statusCallbackEvent="ringing answered">+12025550171</Number>'
        '<Client><Identity>ana</Identity><Parameter name="call" value="c1"/></Client></Dial>'
    )
    assert isinstance(dial, Dial)
    assert dial.answer_on_bridge
    assert dial.record == "record-from-answer-dual"
    assert dial.nouns == (
        Noun("+12025550171", "/w", status_callback="/s", status_callback_event=("ringing", "answered")),
        Noun("client:ana", parameters=(("call", "c1"),)),
    )


def test_a_dial_may_hold_a_bare_number() -> None:
    (dial,) = read("<Dial>+12025550171</Dial>")
    assert isinstance(dial, Dial)
    assert dial.nouns == (Noun("+12025550171"),)


def test_queue_message_and_end_are_read() -> None:
    assert read(
        '<Enqueue waitUrl="/wait" action="/left">sales</Enqueue><Redirect method="GET">/x</Redirect>'
    ) == (
        Enqueue("sales", "/left", wait_url="/wait"),
        Redirect("/x", "GET"),
    )
    assert read('<Record maxLength="60" finishOnKey="#" playBeep="false"/><Hangup/>') == (
        Record(max_length=60, finish_on_key="#", play_beep=False),
        Hangup(),
    )


@pytest.mark.parametrize(
    ("inside", "words"),
    [
        ("<Shout>Hi</Shout>", "<Shout>"),
        ('<Gather numdigits="1"/>', "numdigits"),
        ('<Gather timeout="soon"/>', "timeout='soon'"),
        ('<Dial><Number action="/a">+12025550171</Number></Dial>', "action"),
        ('<Dial statusCallbackEvent="answered"/>', "statusCallbackEvent"),
        ("<Gather><Dial>+12025550171</Dial></Gather>", "<Dial>"),
        ('<Dial><Number statusCallbackEvent="answred">+12025550171</Number></Dial>', "answred"),
        ("<Pause><Say>Hi</Say></Pause>", "<Say>"),
    ],
)
def test_what_the_carrier_ignores_is_a_warning(inside: str, words: str) -> None:
    (complaint,) = warnings_of(inside)
    assert words in complaint


def test_an_invalid_value_leaves_the_default() -> None:
    assert read('<Gather timeout="-1"/>') == (Gather(),)


def test_a_conference_is_read_with_a_warning_that_it_is_not_simulated() -> None:
    (dial,) = read("<Dial><Conference>room</Conference></Dial>")
    assert isinstance(dial, Dial)
    assert dial.nouns == (NotSimulatedNoun("Conference", "room"),)
    assert warnings_of("<Dial><Conference>room</Conference></Dial>") == [
        "<Dial><Conference> is not simulated: nobody will answer"
    ]


def test_comments_and_persian_are_no_complaint() -> None:
    assert warnings_of("<!-- hello --><Say>سلام</Say>") == []
