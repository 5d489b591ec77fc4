"""What a person at a terminal sees of a command."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Ran:
    """What a command did."""

    code: int
    out: str
    err: str


class Run(Protocol):
    """Runs a command in this process."""

    def __call__(self, *words: str, stdin: str = "") -> Ran: ...
