"""Where prompts lie: `prompts/LANGUAGE.toml` has the texts, `prompts/LANGUAGE/KEY.wav` the audio.

The shipped prompts are the base; what the flows' own folder has replaces them, prompt by prompt.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from callcrm.ivr.flows.prompts import SYSTEM, Clip, PromptBook, clip_from, clip_names
from callcrm.ivr.flows.toml_file import read_toml
from callcrm.paths import folder

LANGUAGE = re.compile(r"[a-z]{2,3}")
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,47}(\.[a-z0-9][a-z0-9-]{0,47})?")
MAX_TEXT = 1000
_FIELDS = re.compile(r"\{([^{}]*)\}|[{}]")


def shipped_folder() -> Path:
    """The folder of the shipped prompts."""
    return folder("ivr_flows") / "prompts"


def read_prompts(flows: Path, own_texts: Mapping[str, Mapping[str, str]]) -> tuple[PromptBook, list[str]]:
    """The prompts of a flows folder and a line for everything that is wrong with them.

    `own_texts`: those that stand in the flow files themselves, language -> key -> text.
    """
    texts: dict[str, dict[str, str]] = {}
    clips: dict[tuple[str, str], Clip] = {}
    notes: list[str] = []
    for directory in dict.fromkeys((shipped_folder().resolve(), (flows / "prompts").resolve())):
        for path in sorted(directory.glob("*.toml")):
            _replace_texts(path.stem, dict(_texts(path, notes)), texts, clips)
        for path in sorted(directory.glob("*/*.wav")):
            _add_clip(path, clips, notes)
    for language, by_key in own_texts.items():
        texts.setdefault(language, {}).update(by_key)
    return PromptBook(texts, clips), notes


def _replace_texts(
    language: str,
    new_texts: Mapping[str, str],
    texts: dict[str, dict[str, str]],
    clips: dict[tuple[str, str], Clip],
) -> None:
    """A new wording makes the clip of the old one wrong, so that is dropped."""
    old_texts = texts.setdefault(language, {})
    for key, text in new_texts.items():
        old_text = old_texts.get(key, "")
        if text != old_text:
            for name in clip_names(key, old_text):
                clips.pop((language, name), None)
    old_texts.update(new_texts)


def text_fault(key: str, text: object) -> str | None:
    """What is wrong with the text of a prompt, None if nothing is."""
    if not isinstance(text, str) or not text.strip():
        return "must be text"
    if len(text) > MAX_TEXT:
        return f"is longer than {MAX_TEXT} characters"
    fields = sorted(match[1] or match[0] for match in _FIELDS.finditer(text))
    if fields != sorted(SYSTEM.get(key, ())):
        placeholders = " and ".join(f"{{{name}}}" for name in SYSTEM.get(key, ())) or "no {number}"
        return f"must have {placeholders} in it" if SYSTEM.get(key) else f"can have {placeholders} in it"
    return None


def _texts(path: Path, notes: list[str]) -> Iterator[tuple[str, str]]:
    file = f"{path.parent.name}/{path.name}"
    try:
        document = read_toml(path)
    except ValueError as fault:
        notes.append(f"{file}: can't be read: {fault}")
        return
    if not LANGUAGE.fullmatch(path.stem):
        notes.append(f"{file}: is not named after a language (en.toml)")
    for key, text in document.items():
        reason = text_fault(key, text) if NAME.fullmatch(key) else "is no name (a-z, 0-9 and -)"
        if reason:
            notes.append(f"{file}: {key}: {reason}")
        else:
            yield key, str(text)


def _add_clip(path: Path, clips: dict[tuple[str, str], Clip], notes: list[str]) -> None:
    language = path.parent.name
    file = f"prompts/{language}/{path.name}"
    if not LANGUAGE.fullmatch(language) or not NAME.fullmatch(path.stem):
        notes.append(f"{file}: is not named LANGUAGE/KEY.wav (a-z, 0-9 and -)")
        return
    clip = clip_from(language, path)
    if clip:
        clips[language, path.stem] = clip
    else:
        notes.append(f"{file}: is no WAV audio")
