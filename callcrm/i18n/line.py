"""Something that happened, as a line of text with an icon."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """A line: its text, its icon (`flip`: it shows a direction) and the state that its colour means."""

    title: str
    icon: str
    tone: str = ""
    flip: bool = False
