"""The prompt book: text where there is a voice, audio where there is none, and something to say always."""

import struct
import wave
from pathlib import Path

import pytest

from callcrm.ivr.flows.loader import Flows
from callcrm.ivr.flows.prompt_files import read_prompts, shipped_folder, text_fault
from callcrm.ivr.flows.prompts import SYSTEM, Clip, PromptBook, Speech, clip_from, clip_names
from callcrm.ivr.proof.prompt_coverage import missing_prompts
from callcrm.ivr.steps import Prompt


def write_wav(path: Path, seconds: float = 1.0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as audio:
        audio.setparams((1, 2, 8000, 0, "NONE", ""))
        audio.writeframes(b"\0\0" * round(8000 * seconds))
    return path


@pytest.fixture(scope="module")
def book(flows: Flows) -> PromptBook:
    return flows.book


def names(book: PromptBook, prompt: Prompt, language: str) -> list[str]:
    return [
        f"{sound.language}/{sound.name}" if isinstance(sound, Clip) else sound.text
        for sound in book.sounds(prompt, language)
    ]


def test_english_is_text_with_the_numbers_in_it(book: PromptBook) -> None:
    assert names(book, Prompt("wait-position", {"position": 3}), "en") == ["You are number 3 in line."]


def test_persian_is_clips_with_the_numbers_between_them(book: PromptBook) -> None:
    assert names(book, Prompt("wait-position", {"position": 3}), "fa") == [
        "fa/wait-position-1",
        "fa/number-3",
        "fa/wait-position-2",
    ]


def test_a_prompt_may_have_a_language_of_its_own(book: PromptBook) -> None:
    assert names(book, Prompt("goodbye", language="fa"), "en") == ["fa/goodbye"]


def test_every_number_that_is_said_has_its_clip(book: PromptBook) -> None:
    for number in range(1, 21):
        assert len(book.sounds(Prompt("wait-position", {"position": number}), "fa")) == 3


def test_music_needs_no_language(book: PromptBook) -> None:
    assert names(book, Prompt("hold"), "en") == names(book, Prompt("hold"), "fa") == ["any/hold"]


@pytest.mark.parametrize("key", [*SYSTEM, "greeting", "main", "closed"])
def test_without_its_audio_persian_falls_back_to_english(book: PromptBook, key: str) -> None:
    prompt = Prompt(key, {"position": 2, "key": 2})
    assert book.without_audio().sounds(prompt, "fa") == book.sounds(prompt, "en") != ()


def test_one_missing_clip_of_several_falls_back_as_a_whole() -> None:
    texts = {"fa": {"wait-position": "نفر {position} هستید"}, "en": {"wait-position": "Number {position}"}}
    some = {("fa", "number-2"): Clip("fa", "number-2", Path("x"), 1)}
    assert names(PromptBook(texts, some), Prompt("wait-position", {"position": 2}), "fa") == ["Number 2"]


def test_a_text_in_a_language_without_a_voice_is_never_spoken(book: PromptBook) -> None:
    assert all(isinstance(sound, Clip) or sound.tag == "en-US" for sound in book.sounds(Prompt("x"), "fa"))
    assert PromptBook({"fa": {"x": "سلام"}}).sounds(Prompt("x"), "fa") == ()


def test_an_unknown_prompt_is_nothing_and_no_failure() -> None:
    assert PromptBook().sounds(Prompt("gone"), "xx") == ()


def test_the_time_of_a_clip_is_its_own_and_of_a_text_a_cautious_guess(book: PromptBook) -> None:
    clip = book.sounds(Prompt("goodbye"), "fa")[0]
    assert isinstance(clip, Clip)
    with wave.open(str(clip.path)) as audio:
        assert clip.seconds == audio.getnframes() / 8000
    assert Speech("a" * 125, "en-US").seconds == pytest.approx(10.4)


@pytest.mark.parametrize("name", ["main", "hours"])
def test_the_shipped_flows_can_say_everything_in_both_languages(flows: Flows, name: str) -> None:
    flow = flows.get(name)
    assert flow
    assert flow.languages == ("en", "fa")
    assert missing_prompts(flow, flows.book) == []


def test_the_shipped_audio_is_what_a_telephone_carries_and_small() -> None:
    files = sorted(shipped_folder().rglob("*.wav"))
    assert len(files) > 40
    for path in files:
        with wave.open(str(path)) as audio:
            assert (audio.getframerate(), audio.getnchannels(), audio.getsampwidth()) == (8000, 1, 2), path
    assert sum(path.stat().st_size for path in files) < 3_000_000


def test_the_shipped_audio_begins_and_ends_without_silence() -> None:
    for path in sorted(shipped_folder().glob("fa/*.wav")):
        with wave.open(str(path)) as audio:
            samples = struct.unpack(f"<{audio.getnframes()}h", audio.readframes(audio.getnframes()))
        loud = [at for at, sample in enumerate(samples) if abs(sample) > 300]
        assert loud[0] < 8000 * 0.3, path
        assert len(samples) - loud[-1] < 8000 * 0.4, path


def test_a_recording_put_beside_the_texts_replaces_them(tmp_path: Path) -> None:
    write_wav(tmp_path / "prompts" / "en" / "goodbye.wav")
    book, notes = read_prompts(tmp_path, {})
    assert (names(book, Prompt("goodbye"), "en"), notes) == (["en/goodbye"], [])
    assert book.file_for("en", "goodbye") == tmp_path.resolve() / "prompts/en/goodbye.wav"


def test_a_new_wording_silences_the_clip_of_the_old_one(tmp_path: Path) -> None:
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "fa.toml").write_text('goodbye = "به امید دیدار."', "utf-8")
    book, _ = read_prompts(tmp_path, {})
    assert names(book, Prompt("goodbye"), "fa") == ["Thank you for calling. Goodbye."]
    assert "prompts/fa/goodbye.wav" in (book.missing("goodbye", "fa") or "")


def test_the_same_wording_keeps_its_clip(tmp_path: Path) -> None:
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "fa.toml").write_bytes((shipped_folder() / "fa.toml").read_bytes())
    assert names(read_prompts(tmp_path, {})[0], Prompt("goodbye"), "fa") == ["fa/goodbye"]


@pytest.mark.parametrize(
    ("file", "content", "note"),
    [
        ("fa/goodbye.wav", b"<?xml version='1.0'?>", "prompts/fa/goodbye.wav: is no WAV audio"),
        ("fa/goodbye.wav", b"", "prompts/fa/goodbye.wav: is no WAV audio"),
        ("Farsi/goodbye.wav", b"", "prompts/Farsi/goodbye.wav: is not named LANGUAGE/KEY.wav"),
        ("en.toml", b"goodbye = ", "prompts/en.toml: can't be read"),
        ("en.toml", b"goodbye = 3", "prompts/en.toml: goodbye: must be text"),
        ("en.toml", b'wait-position = "You wait."', "wait-position: must have {position} in it"),
        ("en.toml", b'goodbye = "{0.__class__}"', "goodbye: can have no {number} in it"),
        ("english.toml", b'goodbye = "Bye."', "prompts/english.toml: is not named after a language"),
    ],
)
def test_what_is_wrong_with_a_prompt_is_noted_and_the_shipped_one_is_kept(
    tmp_path: Path, file: str, content: bytes, note: str
) -> None:
    path = tmp_path / "prompts" / file
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    book, notes = read_prompts(tmp_path, {})
    assert any(line.startswith(note) or note in line for line in notes)
    assert names(book, Prompt("goodbye"), "fa") == ["fa/goodbye"]
    assert names(book, Prompt("goodbye"), "en") == ["Thank you for calling. Goodbye."]


@pytest.mark.parametrize("name", ["../en", "..%2fen", "goodbye.wav", "", "/etc/passwd", "goodbye\x00"])
def test_no_other_file_is_ever_served(book: PromptBook, name: str) -> None:
    assert book.file_for("fa", name) is None
    assert book.file_for(name, "goodbye") is None


def test_the_pieces_of_a_text_are_numbered_around_its_numbers() -> None:
    assert clip_names("language", "For English, press {key}.", {"key": 2}) == ["language-1", "number-2"]
    assert clip_names("goodbye", "Goodbye.") == ["goodbye"]


def test_a_clip_without_sound_is_none(tmp_path: Path) -> None:
    assert clip_from("en", write_wav(tmp_path / "a.wav", 0)) is None
    assert clip_from("en", tmp_path / "gone.wav") is None


def test_a_text_is_not_endless() -> None:
    assert text_fault("goodbye", "a" * 1001) == "is longer than 1000 characters"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("main", "برای فروش، یک؛ پشتیبانی، دو؛ و اپراتور، صفر را بزنید یا پشتِ خط بمانید."),
        ("language-1", "برای فارسی،"),
        ("wait-position-2", "است."),
        ("number-7", "7"),
        ("wait-position-3", ""),
        ("wait-position-x", ""),
        ("nothing", ""),
    ],
)
def test_a_clip_has_the_words_that_are_said_in_it(book: PromptBook, name: str, words: str) -> None:
    assert book.caption("fa", name) == words


def test_music_has_no_words(book: PromptBook) -> None:
    assert book.caption("any", "hold") == ""
