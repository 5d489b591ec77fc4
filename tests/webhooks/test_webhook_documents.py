"""Whatever a caller's fields hold, the document is sound and rings nobody but whom the settings name."""

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callcrm.carrier.twiml import renderer
from callcrm.ivr.flows import model
from tests.posts import inbound
from tests.running import OPERATOR
from tests.running_app import PUBLIC, Document, RunningApp, open_app, settings_for

VERBS = {
    "Response",
    "Gather",
    "Redirect",
    "Say",
    "Play",
    "Pause",
    "Dial",
    "Number",
    "Sip",
    "Client",
    "Identity",
}
VERBS |= {"Enqueue", "Leave", "Record", "Hangup"}
ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
ANA = "+12025550101"
MARKUP = "</Say><Dial>+12025550666</Dial><Say>"
FIELDS = ("From", "To", "Digits", "SpeechResult", "CallerName", "FromCity", "Direction", "CallStatus")
PLACES = (
    "/webhooks/twilio/voice",
    "/webhooks/twilio/at/node/main/main?language=en&step=2",
    "/webhooks/twilio/at/wait/main/sales?language=fa&step=9",
    "/webhooks/twilio/at/callback/main/number?language=en&step=12",
    "/webhooks/twilio/at/voicemail/main/-?language=en&step=12",
    "/webhooks/twilio/at/nonsense/no-such-flow/x?language=zz&step=-1",
    "/webhooks/twilio/screen?agent=a&step=3",
)


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """One house for every example."""
    folder = tmp_path_factory.mktemp("documents")
    with open_app(settings_for(f"sqlite:///{folder / 'a.sqlite3'}", folder)) as app:
        app.hire("Ana", ANA)
        yield app


def sound(text: str) -> None:
    """Well-formed, within the carrier's limits, of known verbs alone, ringing nobody but ours."""
    assert len(text.encode()) <= 64_000
    assert not ILLEGAL.search(text)
    root = ElementTree.fromstring(text)
    assert {element.tag for element in root.iter()} <= VERBS
    document = Document(text)
    assert set(document.rung()) <= {ANA, OPERATOR}
    for element in root.iter():
        for name in ("action", "waitUrl", "url", "statusCallback", "recordingStatusCallback"):
            assert (element.get(name) or PUBLIC).startswith(PUBLIC)


texts = st.text(st.characters(exclude_categories=()), max_size=60)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(PLACES), st.dictionaries(st.sampled_from(FIELDS), texts), st.integers(0, 10**6))
def test_any_text_gets_a_sound_document(line: RunningApp, path: str, odd: dict[str, str], n: int) -> None:
    clean = {name: value.encode("utf-8", "replace").decode() for name, value in odd.items()}
    answer = line.post(path, inbound(f"CA{n}") | clean)
    assert answer.status_code == 200
    sound(answer.text)


def test_a_callers_words_never_come_back_in_a_document(line: RunningApp) -> None:
    for path in PLACES:
        answer = line.post(path, inbound("CAcanary") | dict.fromkeys(FIELDS, "canary+12025550666"))
        assert "canary" not in answer.text
        assert "0666" not in answer.text


def test_markup_in_a_callers_words_stays_words(line: RunningApp) -> None:
    for path in PLACES:
        answer = line.post(path, inbound("CAmarkup") | dict.fromkeys(FIELDS, MARKUP))
        assert answer.status_code == 200
        sound(answer.text)


def test_broken_utf8_and_nul_are_answered_too(line: RunningApp) -> None:
    for odd in ("\ufffd", "a\0b", "\x0b\x1b", "\u202eabc"):
        answer = line.post("/webhooks/twilio/voice", inbound("CAodd") | {"From": odd})
        assert answer.status_code == 200
        sound(answer.text)


def test_what_names_no_call_is_told_so(line: RunningApp) -> None:
    for path in PLACES:
        assert line.post(path, inbound("") | {"CallSid": ""}).status_code == 400
        without = {name: value for name, value in inbound("x").items() if name != "CallSid"}
        assert line.post(path, without).status_code == 400


def test_an_unusable_sid_is_served_by_the_operator_and_not_kept(line: RunningApp) -> None:
    answer = line.post("/webhooks/twilio/voice", inbound("x" * 65))
    assert answer.status_code == 200
    assert Document(answer.text).rung() == [OPERATOR]


def test_every_dial_of_a_flow_says_what_comes_after_it(line: RunningApp) -> None:
    for key in "012":
        fields = inbound(f"CAdial{key}") | {"Digits": key}
        document = line.twiml("/webhooks/twilio/at/node/main/main?language=en&step=2", fields)
        for tag in set(document.verbs) & {"Dial", "Enqueue", "Record"}:
            assert document.path(tag).startswith("/webhooks/twilio/at/")


def test_unfiltered_text_would_be_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mutant: a prompt's control characters go into the document as they are."""
    monkeypatch.setattr(renderer, "clean", lambda text: text)
    book = model.Flows().book.__class__({"en": {"operator": "One\x0bmoment"}})
    monkeypatch.setattr(model, "PromptBook", lambda *_: book)
    with open_app(settings_for(f"sqlite:///{tmp_path / 'a.sqlite3'}", tmp_path)) as app:
        monkeypatch.setattr(app.services.runtime.renderer, "_book", book)
        app.services.runtime.renderer._cached.cache_clear()
        fields = inbound("CA1") | {"Digits": "0"}
        answer = app.post("/webhooks/twilio/at/node/main/main?language=en&step=2", fields)
        with pytest.raises((AssertionError, ElementTree.ParseError)):
            sound(answer.text)
