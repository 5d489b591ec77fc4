"""A webhook's form as received: blank and repeated fields are kept, since the signature covers them."""

from collections.abc import Iterable, Iterator
from functools import cached_property
from urllib.parse import unquote

from callcrm.base.text import clean, repair

MAX_FIELDS = 1000
MAX_TEXT = 2000  # characters of a field that is read; the ledger keeps all of it
ESCAPED = "surrogateescape"  # how Python keeps bytes that are no UTF-8 in a text


class NotAForm(Exception):
    """The body is no form, or one with more fields than any carrier sends."""


class Form:
    """Fields in order of arrival, as they were signed: even a NUL and broken UTF-8 are still in them.

    `repeated`: a name is there twice. `broken`: there are bytes that are no UTF-8.
    """

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._values: dict[str, list[str]] = {}
        texts: list[str] = []
        for name, value in pairs:
            texts += name, value
            if name in self._values:
                self._values[name].append(value)
            else:
                self._values[name] = [value]
        all_text = "".join(texts)
        self.repeated = len(texts) > 2 * len(self._values)
        self._plain = all_text.isascii() and all_text.isprintable()
        self.broken = not self._plain and repair(all_text) != all_text

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __contains__(self, name: object) -> bool:
        return name in self._values

    def pairs(self) -> list[tuple[str, str]]:
        """All fields, for a copy."""
        return [(name, value) for name, values in self._values.items() for value in values]

    @cached_property
    def signed_text(self) -> bytes:
        """What a carrier signs of the form, behind the URL: sorted names, each with its value or with its
        sorted values. Nothing separates them: other fields may have the same text.
        """
        if not self.repeated:
            parts = [name + values[0] for name, values in sorted(self._values.items())]
        else:
            parts = [
                name + value for name in sorted(self._values) for value in sorted(set(self._values[name]))
            ]
        return "".join(parts).encode("utf-8", ESCAPED)

    def repaired(self) -> "Form":
        """The form as a carrier signs it that put U+FFFD for what was no UTF-8."""
        return Form((repair(name), repair(value)) for name, value in self.pairs())

    def get(self, name: str, most: int = MAX_TEXT) -> str | None:
        """The first value of a field in legal text, at most so much of it; None if absent or blank."""
        value = self.raw(name)
        if not value or (self._plain and len(value) <= most):
            return value
        return _legal(value[:most]).strip() or None

    def raw(self, name: str) -> str | None:
        """The first value of a field that must be right as it is, such as a SID; None if absent or blank."""
        values = self._values.get(name)
        return (values[0].strip() or None) if values else None

    def get_allowing_blank(self, name: str, most: int = MAX_TEXT) -> str | None:
        """The first value of a field in legal text, at most so much of it; None only if it is absent."""
        return _legal(self._values[name][0][:most]) if name in self._values else None

    def legal_fields(self) -> dict[str, str | list[str]]:
        """The fields as the ledger keeps them, a list where there are several of a name. What no store could
        hold is not in them: NUL and what XML forbids are dropped, broken UTF-8 is U+FFFD.
        """
        if self._plain and not self.repeated:
            return {name: values[0] for name, values in self._values.items()}
        fields: dict[str, list[str]] = {}
        for name, values in self._values.items():
            fields.setdefault(_legal(name), []).extend(map(_legal, values))
        return {name: values[0] if len(values) == 1 else values for name, values in fields.items()}


def _legal(text: str) -> str:
    return clean(repair(text))


def parse(body: bytes) -> Form:
    """The form in a body; NotAForm past 1000 fields.

    The same as `parse_qsl` of `urllib`, which is a third of all that a webhook costs before its verb.
    """
    fields = body.decode("utf-8", ESCAPED).replace("+", " ").split("&")
    if len(fields) > MAX_FIELDS:
        raise NotAForm("there are too many fields")
    return Form(_pairs(fields))


def _pairs(fields: Iterable[str]) -> Iterator[tuple[str, str]]:
    for field in fields:
        if field:
            name, _, value = field.partition("=")
            yield _unquote(name) if "%" in name else name, _unquote(value) if "%" in value else value


def _unquote(text: str) -> str:
    return unquote(text, errors=ESCAPED)
