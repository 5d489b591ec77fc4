"""A strict reader of one table of a flow file: a fault becomes one line that names file, key and cure."""

import re
from collections.abc import Mapping
from typing import Any

from callcrm.base.typed_text import normalized


class Table:
    """A table's values, taken key by key; `faults` collects what is wrong, `close` the keys left over."""

    def __init__(self, file: str, path: str, values: object, faults: list[str]) -> None:
        self._file = file
        self._path = path
        self._faults = faults
        self._untaken: dict[str, Any] = dict(values) if isinstance(values, Mapping) else {}
        self._allowed: list[str] = []
        self.is_table = isinstance(values, Mapping)
        if not self.is_table:
            self.fault("", "must be a table")

    def fault(self, key: str, text: str) -> None:
        """Add a line that says what is wrong with a key of this table."""
        path = self._join(key)
        self._faults.append(f"{self._file}: {path}: {text}" if path else f"{self._file}: {text}")

    def _join(self, key: str) -> str:
        """The key with the path of its table, as TOML writes it."""
        return ".".join(part for part in (self._path, key) if part)

    def take(self, key: str) -> Any:
        """The raw value of a key, None if it is not there."""
        self._allowed.append(key)
        return self._untaken.pop(key, None)

    def text(self, key: str, pattern: re.Pattern[str], allowed: str, default: str | None = None) -> str:
        """A string that fits; without a default the key is required."""
        value = self.take(key)
        if value is None and default is not None:
            return default
        if isinstance(value, str) and pattern.fullmatch(value):
            return value
        self.fault(key, f"is missing: {allowed}" if value is None else f"must be {allowed}")
        return default or ""

    def texts(self, key: str, pattern: re.Pattern[str], allowed: str) -> tuple[str, ...]:
        """A list of different strings that fit; an absent list is empty."""
        value = self.take(key)
        if value is None:
            return ()
        items = value if isinstance(value, list) else [value]
        texts = [normalized(item) for item in items if isinstance(item, str)]
        fits = items is value and len(texts) == len(items) and all(map(pattern.fullmatch, texts))
        if not fits or len(set(texts)) != len(texts):
            self.fault(key, f"must be a list, nothing twice, of {allowed}")
            return ()
        return tuple(texts)

    def number(self, key: str, low: int, high: int, default: int) -> int:
        """A whole number within bounds."""
        value = self.take(key)
        if value is None:
            return default
        if type(value) is int and low <= value <= high:
            return value
        self.fault(key, f"must be a whole number from {low} to {high}")
        return default

    def flag(self, key: str) -> bool:
        """true or false, false if absent."""
        value = self.take(key)
        if value is not None and not isinstance(value, bool):
            self.fault(key, "must be true or false")
        return value is True

    def table(self, key: str) -> "Table":
        """A table within this one; an absent one is empty."""
        value = self.take(key)
        return Table(self._file, self._join(key), {} if value is None else value, self._faults)

    def names(self) -> list[str]:
        """The keys not taken yet."""
        return list(self._untaken)

    def close(self) -> None:
        """Add a line for every key that was not taken."""
        allowed = ", ".join(dict.fromkeys(self._allowed))
        for key in self._untaken:
            self.fault(key, f"is not known here (known: {allowed})" if allowed else "is not known here")
