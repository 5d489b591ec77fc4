"""Running a command in a test, and its result as a person at a terminal sees it."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class CommandResult:
    """A command's exit code, stdout and stderr."""

    code: int
    out: str
    err: str


class RunCommand(Protocol):
    """Runs a command in this process."""

    def __call__(self, *words: str, stdin: str = "") -> CommandResult: ...
