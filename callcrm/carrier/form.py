"""A webhook's form as received: blank and repeated fields are kept, since the signature covers them."""

from collections.abc import Iterable, Iterator
from urllib.parse import parse_qsl

from callcrm.base.text import clean

MAX_FIELDS = 1000


class NotAForm(Exception):
    """The body is no form, or one with more fields than any carrier sends."""


class Form:
    """Fields in order of arrival. `broken`: a value is no UTF-8 or holds a NUL; `repeated`: a name twice."""

    def __init__(self, pairs: Iterable[tuple[str, str]], *, broken: bool = False) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in pairs:
            self._values.setdefault(name, []).append(value)
        all_text = "".join(text for pair in self.pairs() for text in pair)
        self.broken = broken or "\0" in all_text
        self.repeated = any(len(values) > 1 for values in self._values.values())
        self._plain = all_text.isascii() and all_text.isprintable()

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __contains__(self, name: object) -> bool:
        return name in self._values

    def getall(self, name: str) -> list[str]:
        """Every value of a field; the carrier's library calls this when it checks a signature."""
        return self._values[name]

    def pairs(self) -> list[tuple[str, str]]:
        """All fields, for a digest or a copy."""
        return [(name, value) for name, values in self._values.items() for value in values]

    def get(self, name: str) -> str | None:
        """The first value of a field in legal text, None if absent or blank."""
        values = self._values.get(name)
        return (clean(values[0]).strip() or None) if values else None

    def get_allowing_blank(self, name: str) -> str | None:
        """The first value of a field in legal text, blank or not; None only if it is absent."""
        return clean(self._values[name][0]) if name in self._values else None

    def verbatim(self) -> dict[str, str | list[str]]:
        """The fields as the ledger keeps them; only what no store could hold is dropped."""
        if self._plain and not self.repeated:
            return {name: values[0] for name, values in self._values.items()}
        return {
            clean(name): clean(values[0]) if len(values) == 1 else [clean(value) for value in values]
            for name, values in self._values.items()
        }


def parse(body: bytes) -> Form:
    """The form in a body; NotAForm past 1000 fields. Broken UTF-8 is kept readable and marked."""
    text = body.decode("utf-8", "replace")
    try:
        try:
            pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
        except UnicodeDecodeError:
            pairs = parse_qsl(text, keep_blank_values=True, errors="replace", max_num_fields=MAX_FIELDS)
            return Form(pairs, broken=True)
    except ValueError as fault:
        raise NotAForm(str(fault)) from None
    return Form(pairs, broken="�" in text)
