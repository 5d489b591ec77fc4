"""The attributes of a TwiML element, typed: what the carrier would not take is a warning and the default."""

from dataclasses import dataclass
from typing import TypeVar
from xml.etree.ElementTree import Element

T = TypeVar("T")

SCHEMA_WARNING = 12200  # the carrier's code for an element, attribute or value it does not know


@dataclass(frozen=True, slots=True)
class TwimlWarning:
    """Something the carrier would show in its debugger and otherwise ignore."""

    code: int
    message: str


class Attributes:
    """The attributes of one element by name; values that are refused are added to `warnings`."""

    def __init__(self, element: Element, warnings: list[TwimlWarning]) -> None:
        self._element = element
        self._warnings = warnings

    def text(self, name: str, default: str) -> str:
        """The value as it stands."""
        return self._element.get(name, default)

    def optional(self, name: str) -> str | None:
        """The value, or None if it is absent."""
        return self._element.get(name)

    def number(self, name: str, default: float, least: float = 0, most: float = 86400) -> float:
        """A whole number within its bounds."""
        value = self._element.get(name)
        if value is None:
            return default
        if value.isascii() and value.isdigit() and least <= int(value) <= most:
            return int(value)
        return self._refuse(name, value, default)

    def flag(self, name: str, default: bool) -> bool:
        """`true` or `false`."""
        return self.choice(name, str(default).lower(), ("true", "false")) == "true"

    def choice(self, name: str, default: str, choices: tuple[str, ...]) -> str:
        """One of a few words."""
        value = self._element.get(name, default)
        return value if value in choices else self._refuse(name, value, default)

    def method(self, name: str = "method") -> str:
        """The HTTP method of a URL beside it."""
        return self.choice(name, "POST", ("GET", "POST"))

    def events(self, name: str, default: tuple[str, ...], valid: tuple[str, ...]) -> tuple[str, ...]:
        """The words of a space-separated list, invalid ones left out."""
        value = self._element.get(name)
        if value is None:
            return default
        names = value.split()
        for event in names:
            if event not in valid:
                self._refuse(name, event, None)
        return tuple(event for event in names if event in valid)

    def _refuse(self, name: str, value: str, default: T) -> T:
        message = f"{self._element.tag}: {name}={value!r} is not valid"
        self._warnings.append(TwimlWarning(SCHEMA_WARNING, message))
        return default
