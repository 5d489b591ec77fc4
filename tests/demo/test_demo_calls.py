"""Whole calls through a running demo: over real HTTP and WebSockets, as the page makes them."""

import base64
import hashlib
import math
import time

import pytest
from websockets.exceptions import InvalidStatus

from callcrm.demo.sample_data.people import LINE, UNKNOWN
from callcrm.simulator.parties.audio import tone_wav
from tests.demo.town import Ended, Talk, Town


def _hello(line: Talk, *keys: str, caller: str = "mina") -> str:
    """Call and press keys, each at the next menu; the call's SID."""
    line.say(call=caller)
    sid = str(line.until(lambda message: "calling" in message)["calling"]["call"])
    for key in keys:
        line.sign("listening")
        line.say(press=key)
    return sid


def test_a_caller_reaches_the_desk_somebody_sits_at(town: Town) -> None:
    with town.at_desk("sara") as sara, town.talk("line") as line, town.talk("story") as story:
        sid = _hello(line, "1", "1")
        assert sara.phone.until(lambda message: "ring" in message)["ring"]["call"] == sid
        sara.phone.say(answer=True)
        assert line.sign("connected")["who"] == "Sara Kovac"
        sara.phone.until(lambda message: message.get("connected"))
        line.say(hangup=True)
        line.sign("ended")
        assert sara.phone.until(lambda message: "ended" in message)["ended"] == "completed"
        story.told("Known by the number: Mina Halloran, gold", sid)
        assert story.told("Pop to Sara Kovac’s screen", sid)["wire"] == "call.offered"
        story.told("The recording is in our own keeping", sid)


def test_who_has_hung_up_at_the_desk_has_hung_up(town: Town) -> None:
    with town.at_desk("sara") as sara, town.talk("line") as line:
        _hello(line, "1", "1")
        sara.phone.until(lambda message: "ring" in message)
        sara.phone.say(answer=True)
        line.sign("connected")
        sara.phone.say(hangup=True)
        line.sign("parted")
        line.sign("ended")


def test_a_closed_page_hangs_up_for_the_caller(town: Town) -> None:
    with town.talk("story") as story:
        with town.talk("line") as line:
            sid = _hello(line)
            line.sign("listening")
        assert story.told("The call is over", sid, within=6)


def test_a_page_loaded_again_goes_on_with_its_call(town: Town) -> None:
    with town.at_desk("sara") as sara, town.talk("line") as line:
        _hello(line, "1", "1")
        sara.phone.until(lambda message: "ring" in message)
        sara.phone.say(answer=True)
        line.sign("connected")
        sara.phone.socket.close()
        with town.talk("softphone", sara.browser) as again:
            assert again.until(lambda message: True) == {"connected": True}
            again.say(hangup=True)
            line.sign("ended")


def test_two_windows_of_one_agent_ring_together(town: Town) -> None:
    with (
        town.at_desk("sara") as sara,
        town.talk("softphone", sara.browser) as other,
        town.talk("line") as line,
    ):
        _hello(line, "1", "1")
        for phone in (sara.phone, other):
            phone.until(lambda message: "ring" in message)
        other.say(answer=True)
        sara.phone.say(answer=True)  # both are clicked: it is one answer
        sara.phone.until(lambda message: message.get("connected"))
        line.sign("connected")
        line.say(hangup=True)
        for phone in (sara.phone, other):
            phone.until(lambda message: "ended" in message)


def test_prompts_come_with_their_words_and_persian_ones_as_audio(town: Town) -> None:
    with town.visitor() as browser, town.talk("line?language=fa") as line:
        _hello(line, caller="persian")
        first = line.until(lambda m: "hear" in m)["hear"]
        assert (first["kind"], first["text"], first["language"]) == ("say", "For English, press 1.", "en-US")
        assert line.until(lambda m: m.get("hear", {}).get("text") == "۲")["hear"]["kind"] == "play"
        line.say(press="2")
        heard = line.until(lambda m: "hear" in m and m["hear"]["url"].endswith("/main.wav"))["hear"]
        assert heard["language"] == "fa"
        assert "اپراتور" in heard["text"]
        assert browser.get(heard["url"]).headers["content-type"] == "audio/wav"


def test_a_message_of_ones_own_is_kept_as_it_was_spoken(town: Town) -> None:
    voice = tone_wav(3, (300,))
    with town.at_desk("sara") as sara, town.talk("story") as story, town.talk("line") as line:
        sid = _hello(line, "1", "1", caller="unknown")
        sara.phone.until(lambda message: "ring" in message)
        sara.phone.say(hangup=True)  # nobody else is there: the caller waits, and may leave a message
        line.until(lambda m: "leave a message" in m.get("hear", {}).get("text", ""))
        line.say(press="2")
        line.sign("recording", within=20)
        for _ in range(3):
            line.say(speaking=True)
            time.sleep(0.5)
        line.say(speak=base64.b64encode(voice).decode())
        time.sleep(0.2)
        line.say(hangup=True)
        line.sign("ended")
        assert story.told("We owe this caller a call back", sid)["wire"] == "voicemail"
        kept = story.told("The recording is in our own keeping", sid)
        assert kept["wire"] == f"sha256 {hashlib.sha256(voice).hexdigest()[:16]}…"


def test_the_operator_is_a_person_who_answers(town: Town) -> None:
    with town.talk("line") as line:
        _hello(line, "1", "0")
        assert line.sign("connected", within=20)["who"] == "the operator"


def test_what_is_sent_at_the_wrong_time_changes_nothing(town: Town) -> None:
    with town.talk("line") as line:
        for nonsense in (
            {"press": "7"},
            {"hangup": True},
            {"speak": "sample"},
            {"call": "nobody"},
            {"press": 5},
        ):
            line.say(**nonsense)
        line.socket.send("no JSON")
        line.socket.send("[1]")
        sid = _hello(line)
        line.say(call="mina")  # a double click
        line.say(press="12")
        line.say(speak="@@@")
        line.say(speak=base64.b64encode(b"no sound").decode())
        line.sign("listening")
        line.say(hangup=True)
        line.sign("ended")
        assert [m["calling"]["call"] for m in line.heard if "calling" in m] == [sid]


@pytest.mark.parametrize("path", ["line", "story", "softphone"])
def test_a_page_of_somebody_elses_opens_no_socket(town: Town, path: str) -> None:
    with (
        town.visitor("omar") as omar,
        pytest.raises(InvalidStatus, match="403"),
        town.talk(path, omar, Origin="https://elsewhere.example"),
    ):
        pass


def test_a_softphone_is_for_agents_who_are_signed_in(town: Town) -> None:
    with town.visitor("grace") as grace:
        for browser in (None, grace):
            with pytest.raises(InvalidStatus, match="403"), town.talk("softphone", browser):
                pass


def test_the_story_goes_on_where_a_reader_left(town: Town) -> None:
    with town.talk("line") as line, town.talk("story") as story:
        sid = _hello(line)
        first = story.until(lambda m: m.get("call") == sid and m["begins"])
        line.say(hangup=True)
        last = story.told("The call is over", sid)
    with town.talk(f"story?after={last['id']}&language=fa") as later, pytest.raises(Ended):
        later.until(lambda m: m.get("id", math.inf) <= last["id"], within=1)
    with town.talk(f"story?after={first['id'] - 1}&language=fa") as again:
        assert again.until(lambda m: m.get("id") == first["id"])["call"] == sid


def test_the_phone_rings_when_the_desk_calls_back(town: Town) -> None:
    with town.at_desk("sara") as sara, town.talk("line") as line, town.talk("story") as story:
        line.say(**{"as": "unknown"})
        sara.ring(UNKNOWN)
        sara.phone.until(lambda message: "ring" in message)
        sara.phone.say(answer=True)
        assert line.until(lambda message: "ringing" in message)["ringing"]["from"] == LINE
        line.say(answer=True)
        sara.phone.until(lambda message: message.get("connected"))
        line.sign("connected")
        line.say(hangup=True)
        line.sign("ended")
        begun = story.until(lambda message: message.get("begins") and "goes out" in message["said"])
        story.told("has answered", begun["call"])
