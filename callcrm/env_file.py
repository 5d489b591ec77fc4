"""The `.env` file: checked before it is read, so that a fault in it is one line that says what to do."""

import io
from pathlib import Path

from dotenv import dotenv_values
from dotenv.parser import parse_stream

NAME = Path(".env")
MOST_NAMED = 5  # lines


def names(path: Path = NAME) -> list[str]:
    """The variables the file sets."""
    return list(dotenv_values(path, encoding="utf-8-sig", interpolate=False))


def fault(path: Path = NAME) -> str | None:
    """Why the settings in the file can't be read, in one line; None if they can, or there is no file."""
    try:
        text = path.read_text(encoding="utf-8-sig") if path.is_file() else ""
    except OSError as error:
        return f"{path}: can't be read ({error.strerror}): give it to the user that runs callcrm"
    except UnicodeDecodeError:
        return f"{path}: is not UTF-8, but perhaps UTF-16: save it as UTF-8"
    if "\0" in text:
        return f"{path}: holds NUL bytes, so it is no text: write it anew"
    lines = [str(line.original.line) for line in parse_stream(io.StringIO(text)) if line.error]
    if not lines:
        return None
    more = f" and {len(lines) - MOST_NAMED} more" if len(lines) > MOST_NAMED else ""
    return f"{path}: no NAME=VALUE in line {', '.join(lines[:MOST_NAMED])}{more}: mend it, or begin it with #"
