"""What commands print: data on stdout, messages for people on stderr."""

import sys


def print_data(line: str) -> None:
    """Print a line of the command's result on stdout."""
    sys.stdout.write(f"{line}\n")


def print_message(line: str) -> None:
    """Print a line for the person at the terminal on stderr."""
    sys.stderr.write(f"{line}\n")


def print_failure(*lines: str, code: int = 1) -> int:
    """Print why the command failed, a line a fault, on stderr; returns the exit code."""
    for line in lines:
        print_message(f"callcrm: {line}")
    return code
