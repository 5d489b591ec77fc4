"""What commands print: data on stdout, messages for people on stderr."""

import sys
from collections.abc import Sequence


def print_data(line: str) -> None:
    """Print a line of the command's result on stdout."""
    sys.stdout.write(f"{line}\n")


def print_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows in columns on stdout, below their headings; the last column is as long as it is."""
    lines = [headings, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(headings) - 1)]
    for line in lines:
        padded = [text.ljust(width) for text, width in zip(line, widths, strict=False)]
        print_data("  ".join([*padded, line[-1]]))


def print_message(line: str) -> None:
    """Print a line for the person at the terminal on stderr."""
    sys.stderr.write(f"{line}\n")


def print_failure(*lines: str, code: int = 1) -> int:
    """Print why the command failed, a line a fault, on stderr; returns the exit code."""
    for line in lines:
        print_message(f"callcrm: {line}")
    return code
