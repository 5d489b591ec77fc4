"""Whole calls through a running demo: over real HTTP and WebSockets, as the page makes them."""

import base64
import hashlib
import math
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus

from callcrm.demo.sample_data.people import BUSINESS_NUMBER, UNKNOWN_NUMBER
from callcrm.simulator.parties.audio import tone_wav
from tests.demo.demo_process import Demo, DemoSocket, SocketEnded
from tests.demo.demo_thread import HastyClock, demo_in_thread

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, sample_data: Path) -> Iterator[Demo]:
    """A demo for the file, whose carrier is in a hurry."""
    with demo_in_thread(tmp_path_factory.mktemp("demo"), sample_data, HastyClock) as running:
        yield running


def _call(caller_phone: DemoSocket, *keys: str, caller: str = "mina") -> str:
    """Call and press keys, each at the next menu; the call's SID."""
    caller_phone.send(call=caller)
    sid = str(caller_phone.wait_for(lambda message: "calling" in message)["calling"]["call"])
    for key in keys:
        caller_phone.wait_for_event("listening")
        caller_phone.send(press=key)
    return sid


def test_a_call_reaches_the_agents_desk(demo: Demo) -> None:
    with demo.at_desk("sara") as sara, demo.socket("phone") as caller_phone, demo.socket("story") as story:
        sid = _call(caller_phone, "1", "1")
        assert sara.phone.wait_for(lambda message: "ring" in message)["ring"]["call"] == sid
        sara.phone.send(answer=True)
        assert caller_phone.wait_for_event("connected")["who"] == "Sara Kovac"
        sara.phone.wait_for(lambda message: message.get("connected"))
        time.sleep(0.5)  # they talk: of a call that ends in the millisecond it began there is no recording
        caller_phone.send(hangup=True)
        caller_phone.wait_for_event("ended")
        assert sara.phone.wait_for(lambda message: "ended" in message)["ended"] == "completed"
        story.wait_for_entry("Known by the number: Mina Halloran, gold", sid)
        assert story.wait_for_entry("Pop to Sara Kovac’s screen", sid)["wire"] == "call.offered"
        story.wait_for_entry("The recording is in our own keeping", sid)


def test_hanging_up_at_the_desk_ends_the_call(demo: Demo) -> None:
    with demo.at_desk("sara") as sara, demo.socket("phone") as caller_phone:
        _call(caller_phone, "1", "1")
        sara.phone.wait_for(lambda message: "ring" in message)
        sara.phone.send(answer=True)
        caller_phone.wait_for_event("connected")
        sara.phone.send(hangup=True)
        caller_phone.wait_for_event("parted")
        caller_phone.wait_for_event("ended")


def test_a_closed_page_hangs_up_for_the_caller(demo: Demo) -> None:
    with demo.socket("story") as story:
        with demo.socket("phone") as caller_phone:
            sid = _call(caller_phone)
            caller_phone.wait_for_event("listening")
        assert story.wait_for_entry("The call is over", sid, within=6)


def test_a_reloaded_page_goes_on_with_its_call(demo: Demo) -> None:
    with demo.at_desk("sara") as sara, demo.socket("phone") as caller_phone:
        _call(caller_phone, "1", "1")
        sara.phone.wait_for(lambda message: "ring" in message)
        sara.phone.send(answer=True)
        caller_phone.wait_for_event("connected")
        sara.phone.connection.close()
        with demo.socket("softphone", sara.browser) as reloaded:
            assert reloaded.wait_for(lambda message: True) == {"connected": True}
            reloaded.send(hangup=True)
            caller_phone.wait_for_event("ended")


def test_two_windows_of_one_agent_ring_together(demo: Demo) -> None:
    with (
        demo.at_desk("sara") as sara,
        demo.socket("softphone", sara.browser) as other,
        demo.socket("phone") as caller_phone,
    ):
        _call(caller_phone, "1", "1")
        for phone in (sara.phone, other):
            phone.wait_for(lambda message: "ring" in message)
        other.send(answer=True)
        sara.phone.send(answer=True)  # both are clicked: it is one answer
        sara.phone.wait_for(lambda message: message.get("connected"))
        caller_phone.wait_for_event("connected")
        caller_phone.send(hangup=True)
        for phone in (sara.phone, other):
            phone.wait_for(lambda message: "ended" in message)


def test_prompts_come_with_their_texts_and_persian_ones_as_audio(demo: Demo) -> None:
    with demo.client() as browser, demo.socket("phone?language=fa") as caller_phone:
        _call(caller_phone, caller="persian")
        first = caller_phone.wait_for(lambda m: "hear" in m)["hear"]
        assert (first["kind"], first["text"], first["language"]) == ("say", "For English, press 1.", "en-US")
        assert caller_phone.wait_for(lambda m: m.get("hear", {}).get("text") == "۲")["hear"]["kind"] == "play"
        caller_phone.send(press="2")
        received = caller_phone.wait_for(lambda m: "hear" in m and m["hear"]["url"].endswith("/main.wav"))[
            "hear"
        ]
        assert received["language"] == "fa"
        assert "اپراتور" in received["text"]
        assert browser.get(received["url"]).headers["content-type"] == "audio/wav"


def test_a_recorded_message_is_stored_byte_for_byte(demo: Demo) -> None:
    message_wav = tone_wav(3, (300,))
    with demo.at_desk("sara") as sara, demo.socket("story") as story, demo.socket("phone") as caller_phone:
        sid = _call(caller_phone, "1", "1", caller="unknown")
        sara.phone.wait_for(lambda message: "ring" in message)
        sara.phone.send(hangup=True)  # nobody else is there: the caller waits, and may leave a message
        caller_phone.wait_for(lambda m: "leave a message" in m.get("hear", {}).get("text", ""))
        caller_phone.send(press="2")
        caller_phone.wait_for_event("recording", within=20)
        for _ in range(3):
            caller_phone.send(speaking=True)
            time.sleep(0.5)
        caller_phone.send(speak=base64.b64encode(message_wav).decode())
        time.sleep(0.2)
        caller_phone.send(hangup=True)
        caller_phone.wait_for_event("ended")
        assert story.wait_for_entry("We owe this caller a call back", sid)["wire"] == "voicemail"
        entry = story.wait_for_entry("The recording is in our own keeping", sid)
        assert entry["wire"] == f"sha256 {hashlib.sha256(message_wav).hexdigest()[:16]}…"


def test_the_operator_answers(demo: Demo) -> None:
    with demo.socket("phone") as caller_phone:
        _call(caller_phone, "1", "0")
        assert caller_phone.wait_for_event("connected", within=20)["who"] == "the operator"


def test_whoever_calls_in_a_break_reaches_the_operator_and_in_a_wrap_up_waits(demo: Demo) -> None:
    with demo.at_desk("sara") as sara, demo.socket("phone") as caller_phone:
        sara.browser.post("/desk/state", data={"state": "break"}, headers=sara.token)
        _call(caller_phone, "1", "1")
        assert caller_phone.wait_for_event("connected", within=20)["who"] == "the operator"
        caller_phone.send(hangup=True)
        caller_phone.wait_for_event("ended")
        sara.browser.post("/desk/state", data={"state": "available"}, headers=sara.token)
        _call(caller_phone, "1", "1")
        sara.phone.wait_for(lambda message: "ring" in message)
        sara.phone.send(answer=True)
        caller_phone.wait_for_event("connected")
        time.sleep(0.5)
        caller_phone.send(hangup=True)
        caller_phone.wait_for_event("ended")
        _call(caller_phone, "1", "1")
        waiting = caller_phone.wait_for(
            lambda message: "hold.wav" in message.get("hear", {}).get("url", ""), 20
        )
        assert waiting["hear"]["kind"] == "play"
        caller_phone.send(hangup=True)
        caller_phone.wait_for_event("ended")


def test_the_guide_says_who_waits_and_what_ends_a_note() -> None:
    guide = " ".join((ROOT / "docs/first-call.md").read_text(encoding="utf-8").split())
    assert "**Break** and call: nobody is there to wait for, so the operator is rung" in guide
    assert "while Sara wraps up: now you wait in line" in guide
    assert "Then **Finish note**" in guide
    assert "finish the note" in (ROOT / "templates/demo/_ledger.html").read_text(encoding="utf-8")


def test_messages_at_the_wrong_time_change_nothing(demo: Demo) -> None:
    with demo.socket("phone") as caller_phone:
        for message in (
            {"press": "7"},
            {"hangup": True},
            {"speak": "sample"},
            {"call": "nobody"},
            {"press": 5},
        ):
            caller_phone.send(**message)
        caller_phone.connection.send("no JSON")
        caller_phone.connection.send("[1]")
        sid = _call(caller_phone)
        caller_phone.send(call="mina")  # a double click
        caller_phone.send(press="12")
        caller_phone.send(speak="@@@")
        caller_phone.send(speak=base64.b64encode(b"no sound").decode())
        caller_phone.wait_for_event("listening")
        caller_phone.send(hangup=True)
        caller_phone.wait_for_event("ended")
        assert [m["calling"]["call"] for m in caller_phone.received if "calling" in m] == [sid]


@pytest.mark.parametrize("path", ["phone", "story", "softphone"])
def test_a_page_of_another_origin_opens_no_socket(demo: Demo, path: str) -> None:
    with (
        demo.client("omar") as omar,
        pytest.raises(InvalidStatus, match="403"),
        demo.socket(path, omar, Origin="https://elsewhere.example"),
    ):
        pass


def test_only_signed_in_agents_get_a_softphone(demo: Demo) -> None:
    with demo.client("grace") as grace:
        for browser in (None, grace):
            with pytest.raises(InvalidStatus, match="403"), demo.socket("softphone", browser):
                pass


def test_the_story_resumes_after_its_last_id(demo: Demo) -> None:
    with demo.socket("phone") as caller_phone, demo.socket("story") as story:
        sid = _call(caller_phone)
        first = story.wait_for(lambda m: m.get("call") == sid and m["begins"])
        caller_phone.send(hangup=True)
        last = story.wait_for_entry("The call is over", sid)
    with demo.socket(f"story?after={last['id']}&language=fa") as resumed, pytest.raises(SocketEnded):
        resumed.wait_for(lambda m: m.get("id", math.inf) <= last["id"], within=1)
    with demo.socket(f"story?after={first['id'] - 1}&language=fa") as reloaded:
        assert reloaded.wait_for(lambda m: m.get("id") == first["id"])["call"] == sid


def test_the_phone_rings_when_the_desk_calls_back(demo: Demo) -> None:
    with demo.at_desk("sara") as sara, demo.socket("phone") as caller_phone, demo.socket("story") as story:
        caller_phone.send(**{"as": "unknown"})
        sara.ring(UNKNOWN_NUMBER)
        sara.phone.wait_for(lambda message: "ring" in message)
        sara.phone.send(answer=True)
        assert (
            caller_phone.wait_for(lambda message: "ringing" in message)["ringing"]["from"] == BUSINESS_NUMBER
        )
        caller_phone.send(answer=True)
        sara.phone.wait_for(lambda message: message.get("connected"))
        caller_phone.wait_for_event("connected")
        caller_phone.send(hangup=True)
        caller_phone.wait_for_event("ended")
        begun = story.wait_for(lambda message: message.get("begins") and "goes out" in message["text"])
        story.wait_for_entry("has answered", begun["call"])
