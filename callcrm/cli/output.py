"""How commands speak: data on stdout, messages on stderr."""

import sys


def out(line: str) -> None:
    """Print data."""
    sys.stdout.write(f"{line}\n")


def tell(line: str) -> None:
    """Tell a person something."""
    sys.stderr.write(f"{line}\n")


def fail(*lines: str, code: int = 1) -> int:
    """Tell why it failed, a line a fault; the exit code."""
    for line in lines:
        tell(f"callcrm: {line}")
    return code
