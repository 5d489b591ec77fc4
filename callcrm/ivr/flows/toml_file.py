"""A TOML file as a dictionary, in a time that grows with its size."""

import tomllib
from pathlib import Path
from typing import Any

MAX_SIZE = 256 * 1024  # bytes
MAX_DOTS = 64  # in a line: Python's reader takes the square of a key of many parts


def read_toml(path: Path) -> dict[str, Any]:
    """The document; ValueError with the reason for what is none, is too large or is nested too deeply."""
    try:
        if path.stat().st_size > MAX_SIZE:
            raise ValueError(f"larger than {MAX_SIZE // 1024} kB")
        text = path.read_text("utf-8")
        if any(line.count(".") > MAX_DOTS for line in text.splitlines()):
            raise ValueError(f"a line with more than {MAX_DOTS} full stops")
        return tomllib.loads(text)
    except OSError as fault:
        raise ValueError(fault.strerror) from None
    except RecursionError:
        raise ValueError("nested too deeply") from None
