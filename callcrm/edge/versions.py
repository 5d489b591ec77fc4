"""Versions over HTTP: the ETag of what people edit, and saves that are based on an older one (RFC 9110, 13).

A verb that changes such a row locks it, and then has the `Preconditions` of its request `check` it: so of two
saves of the same version one is done, and the other gets `Stale`.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pydantic import BaseModel

from callcrm.base.errors import Conflict

TAG = re.compile(r'(W/)?("[\x21\x23-\x7e\x80-\xff]*")')
TAG_LIST = re.compile(rf"[ \t,]*(?:{TAG.pattern}[ \t]*(?:,[ \t,]*|$))*")
ANY = "*"


class Stale(Conflict):
    """A save that is based on an older version; `present` is the object as it is now."""

    def __init__(self, present: BaseModel, version: int) -> None:
        super().__init__("This was changed by somebody else meanwhile.")
        self.present, self.version = present, version


def etag(version: int) -> str:
    """The ETag of a version. It is a strong one: what people edit is the same, to the letter."""
    return f'"{version}"'


def etag_of(answer: object) -> str | None:
    """The ETag of an object that has a version; None for any other."""
    version = getattr(answer, "version", None)
    return etag(version) if isinstance(version, int) else None


@dataclass(frozen=True, slots=True)
class Preconditions:
    """What a request makes its change depend on. None: no such header; `*` alone: any version."""

    if_match: frozenset[str] | None = None
    if_none_match: frozenset[str] | None = None

    @classmethod
    def of(cls, if_match: Iterable[str], if_none_match: Iterable[str]) -> "Preconditions":
        """The preconditions of these lines of the two headers; ValueError for what is no list of tags."""
        return cls(_tags("If-Match", if_match, weak=False), _tags("If-None-Match", if_none_match, weak=True))

    def check(self, version: int, present: Callable[[], BaseModel]) -> None:
        """Raises Stale, with the `present` object, where the version is not one the change depends on."""
        wanted, unwanted, tag = self.if_match, self.if_none_match, etag(version)
        missed = wanted is not None and ANY not in wanted and tag not in wanted
        if missed or (unwanted is not None and (ANY in unwanted or tag in unwanted)):
            raise Stale(present(), version)


def _tags(name: str, lines: Iterable[str], *, weak: bool) -> frozenset[str] | None:
    """The tags of a header; weak ones are dropped unless `weak`, since If-Match compares strongly."""
    text = ",".join(lines) if (lines := list(lines)) else None
    if text is None or text.strip() == ANY:
        return None if text is None else frozenset({ANY})
    if not TAG_LIST.fullmatch(text):
        raise ValueError(f'{name} must be * or a list of ETags in quotes, such as "3".')
    return frozenset(opaque for prefix, opaque in TAG.findall(text) if weak or not prefix)
