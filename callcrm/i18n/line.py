"""One thing that happened, in a line of text with its icon."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """A line: its text, its icon (`flip`: one with a direction) and the state its colour means."""

    title: str
    icon: str
    tone: str = ""
    flip: bool = False
