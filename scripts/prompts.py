"""Speak the prompts that have no audio yet, in every language the carrier has no voice for.

    python scripts/prompts.py [FLOWS_DIR] [--again]

Needs Debian's espeak-ng and sox. `--again` speaks all anew, your own recordings too.
"""

import argparse
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from callcrm.ivr.flows.prompts import ANY_LANGUAGE, HOLD, MAX_SPOKEN_NUMBER, VOICES, split_at_numbers
from callcrm.paths import folder

WORDS_A_MINUTE = "180"
FORMAT = ["-r", "8000", "-c", "1", "-b", "16"]  # what a telephone carries
TRIM = ["silence", "1", "0.01", "0.4%", "reverse", "silence", "1", "0.01", "0.4%", "reverse"]
LOUDNESS = ["highpass", "120", "norm", "-3", "pad", "0.04", "0.12"]
TUNE = ["C4", "E4", "G4", "C5", "G4", "E4"]
BEAT = 0.5


def wanted(flows: Path) -> Iterator[tuple[Path, str, str]]:
    """Each clip that is needed: its file, its language, its words."""
    prompts = flows / "prompts"
    for language, key, text in texts(flows):
        if language not in VOICES:
            for name, words in named(key, text):
                yield prompts / language / f"{name}.wav", language, words
    for language in {book.stem for book in prompts.glob("*.toml")} - VOICES.keys():
        for number in range(1, MAX_SPOKEN_NUMBER + 1):
            yield prompts / language / f"number-{number}.wav", language, str(number)


def texts(flows: Path) -> Iterator[tuple[str, str, str]]:
    """Language, key and text of the prompts of the book and of the flows' own."""
    for book in sorted(flows.glob("prompts/*.toml")):
        for key, text in tomllib.loads(book.read_text("utf-8")).items():
            yield book.stem, key, text
    for flow in sorted(flows.glob("*.toml")):
        for key, by_language in tomllib.loads(flow.read_text("utf-8")).get("prompts", {}).items():
            for language, text in by_language.items():
                yield language, f"{flow.stem}.{key}", text


def named(key: str, text: str) -> Iterator[tuple[str, str]]:
    """The clips of one text: itself, or the pieces around its numbers."""
    cut = split_at_numbers(text)
    words = [part for kind, part in cut if kind == "text"]
    if len(words) == len(cut):
        yield key, text
        return
    for at, part in enumerate(words, start=1):
        yield f"{key}-{at}", part


def speak(path: Path, language: str, text: str) -> None:
    """Write the words as audio, without silence around them."""
    command = ["espeak-ng", "-v", language, "-s", WORDS_A_MINUTE, "--stdout", text]
    audio = run(command)
    path.parent.mkdir(parents=True, exist_ok=True)
    sox = ["sox", "-R", "-D", "-t", "wav", "-", *FORMAT, str(path), *TRIM, *LOUDNESS]
    run(sox, audio)


def play(path: Path) -> None:
    """Write a few soft notes, for callers who wait."""
    path.parent.mkdir(parents=True, exist_ok=True)
    notes = [part for note in TUNE for part in ("pluck", note)]
    starts = [str(at * BEAT) for at in range(len(TUNE))]
    shape = ["delay", *starts, "remix", "-", "fade", "0.05", "-0", "0.8", "norm", "-14"]
    sox = ["sox", "-R", "-D", "-n", "-r", "8000", "-b", "16", str(path), "synth", "1", *notes, *shape]
    run(sox)


def run(command: list[str], stdin: bytes = b"") -> bytes:
    """What a program prints; an exception with its exit code if it fails."""
    # No shell.
    return subprocess.run(command, input=stdin, check=True, capture_output=True).stdout  # noqa: S603


def main() -> int:
    """Speak what is missing, and say how much that was."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("flows", type=Path, nargs="?", default=folder("ivr_flows"))
    parser.add_argument("--again", action="store_true", help="speak all anew")
    options = parser.parse_args()
    missing = [clip for clip in wanted(options.flows) if options.again or not clip[0].exists()]
    for clip in missing:
        speak(*clip)
    hold = options.flows / "prompts" / ANY_LANGUAGE / f"{HOLD}.wav"
    if options.again or not hold.exists():
        play(hold)
    sys.stderr.write(f"{options.flows}: {len(missing)} clips spoken\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
