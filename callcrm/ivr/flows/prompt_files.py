"""Where prompts lie: `prompts/LANGUAGE.toml` has the texts, `prompts/LANGUAGE/KEY.wav` the audio.

The shipped prompts are the ground; whatever the flows' own folder has is laid over them, prompt by prompt.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from callcrm.ivr.flows.prompts import SYSTEM, Clip, PromptBook, clip_from, clip_names
from callcrm.layout import folder

LANGUAGE = re.compile(r"[a-z]{2,3}")
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,47}(\.[a-z0-9][a-z0-9-]{0,47})?")
LONGEST_TEXT = 1000
_FIELDS = re.compile(r"\{([^{}]*)\}|[{}]")


def shipped_folder() -> Path:
    """The folder of the shipped prompts."""
    return folder("ivr_flows") / "prompts"


def read_prompts(flows: Path, own: Mapping[str, Mapping[str, str]]) -> tuple[PromptBook, list[str]]:
    """The prompts of a flows folder and what is amiss with them.

    `own`: texts that stand in the flow files themselves, language -> key -> text.
    """
    texts: dict[str, dict[str, str]] = {}
    clips: dict[tuple[str, str], Clip] = {}
    notes: list[str] = []
    for shelf in dict.fromkeys((shipped_folder().resolve(), (flows / "prompts").resolve())):
        for path in sorted(shelf.glob("*.toml")):
            _lay_over(path.stem, dict(_texts(path, notes)), texts, clips)
        for path in sorted(shelf.glob("*/*.wav")):
            _add_clip(path, clips, notes)
    for language, own_texts in own.items():
        texts.setdefault(language, {}).update(own_texts)
    return PromptBook(texts, clips), notes


def _lay_over(
    language: str,
    fresh: Mapping[str, str],
    texts: dict[str, dict[str, str]],
    clips: dict[tuple[str, str], Clip],
) -> None:
    """A new wording makes the clip of the old one wrong, so that goes."""
    known = texts.setdefault(language, {})
    for key in fresh:
        if fresh[key] != known.get(key):
            for name in clip_names(key, known.get(key, "")):
                clips.pop((language, name), None)
    known.update(fresh)


def text_fault(key: str, text: object) -> str | None:
    """What is wrong with the text of a prompt, None if nothing is."""
    if not isinstance(text, str) or not text.strip():
        return "must be text"
    if len(text) > LONGEST_TEXT:
        return f"is longer than {LONGEST_TEXT} characters"
    fields = sorted(match[1] or match[0] for match in _FIELDS.finditer(text))
    if fields != sorted(SYSTEM.get(key, ())):
        wanted = " and ".join(f"{{{name}}}" for name in SYSTEM.get(key, ())) or "no {number}"
        return f"must have {wanted} in it" if SYSTEM.get(key) else f"can have {wanted} in it"
    return None


def _texts(path: Path, notes: list[str]) -> Iterator[tuple[str, str]]:
    where = f"{path.parent.name}/{path.name}"
    try:
        read = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        notes.append(f"{where}: can't be read: {fault}")
        return
    if not LANGUAGE.fullmatch(path.stem):
        notes.append(f"{where}: is not named after a language (en.toml)")
    for key, text in read.items():
        wrong = text_fault(key, text) if NAME.fullmatch(key) else "is no name (a-z, 0-9 and -)"
        if wrong:
            notes.append(f"{where}: {key}: {wrong}")
        else:
            yield key, str(text)


def _add_clip(path: Path, clips: dict[tuple[str, str], Clip], notes: list[str]) -> None:
    language = path.parent.name
    where = f"prompts/{language}/{path.name}"
    if not LANGUAGE.fullmatch(language) or not NAME.fullmatch(path.stem):
        notes.append(f"{where}: is not named LANGUAGE/KEY.wav (a-z, 0-9 and -)")
        return
    clip = clip_from(language, path)
    if clip:
        clips[language, path.stem] = clip
    else:
        notes.append(f"{where}: is no WAV audio")
