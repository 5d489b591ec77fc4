"""The tree of subjects, and what calls are about."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlmodel import Session

from callcrm.base.errors import Refused
from callcrm.base.text import one_line
from callcrm.business import settings
from callcrm.live.call_updates import call_updated
from callcrm.models import Call

NAME = "subjects"
MOST, DEEPEST, LONGEST_NAME = 400, 4, 80
SIGN = " › "  # between a subject and the one it is part of


@dataclass(frozen=True, slots=True)
class Subject:
    """A subject and its parts."""

    code: str
    name: str
    children: Sequence["Subject"] = ()


@dataclass(frozen=True)
class Tree:
    """The tree in this version. `removed` has the last names of subjects that are in it no more."""

    subjects: Sequence[Subject]
    removed: Mapping[str, str]
    version: int

    @cached_property
    def names(self) -> dict[str, str]:
        """The subjects of the tree in its order: by code, the name with those of the subjects above it."""
        return dict(_paths(self.subjects, ""))

    def name(self, code: str | None) -> str:
        """A subject's name, or its last one; "" for None."""
        return self.names.get(code or "") or self.removed.get(code or "") or code or ""

    def with_parts(self, code: str) -> list[str]:
        """The codes of a subject and of all its parts."""
        return [
            part.code for subject in _walk(self.subjects) if subject.code == code for part in _walk([subject])
        ] or [code]


def _paths(subjects: Sequence[Subject], above: str) -> Iterator[tuple[str, str]]:
    for subject in subjects:
        name = f"{above}{SIGN}{subject.name}" if above else subject.name
        yield subject.code, name
        yield from _paths(subject.children, name)


def _walk(subjects: Sequence[Subject]) -> Iterator[Subject]:
    for subject in subjects:
        yield subject
        yield from _walk(subject.children)


def tree(session: Session) -> Tree:
    """The tree; an empty one until somebody makes one."""
    return _tree(settings.get(session, NAME))


def lock(session: Session, now: datetime) -> Tree:
    """The tree as it is now, which no other verb changes before this one's commit."""
    return _tree(settings.lock(session, NAME, now))


def _tree(stored: settings.Stored) -> Tree:
    return settings.sense(NAME, stored, _read, Tree([], {}, stored.version))


def _read(stored: settings.Stored) -> Tree:
    value = stored.value or {"tree": [], "removed": {}}
    return Tree([_subject(item) for item in value["tree"]], value["removed"], stored.version)


def _subject(item: Mapping[str, Any]) -> Subject:
    return Subject(item["code"], item["name"], [_subject(child) for child in item["children"]])


def _json(subjects: Sequence[Subject]) -> list[dict[str, Any]]:
    return [{"code": each.code, "name": each.name, "children": _json(each.children)} for each in subjects]


def put(session: Session, subjects: Sequence[Subject], *, by: str | None, now: datetime) -> Tree:
    """Replaces the tree. The names of what is removed are kept, for calls that have it."""
    before = lock(session, now)
    kept = _checked(subjects, 1)
    codes = [subject.code for subject in _walk(kept)]
    if len(codes) > MOST:
        raise Refused("At most %(most)s subjects.", field="subjects", most=MOST)
    twice = next((code for code in codes if codes.count(code) > 1), None)
    if twice is not None:
        raise Refused("Two subjects have the code %(code)s.", field="code", code=twice)
    removed = {**before.removed, **before.names}
    value = {
        "tree": _json(kept),
        "removed": {code: name for code, name in removed.items() if code not in codes},
    }
    return _tree(settings.put(session, NAME, value, by=by, now=now))


def _checked(subjects: Sequence[Subject], depth: int) -> list[Subject]:
    if subjects and depth > DEEPEST:
        raise Refused("Subjects have at most %(most)s levels.", field="children", most=DEEPEST)
    return [Subject(each.code, _name(each.name), _checked(each.children, depth + 1)) for each in subjects]


def _name(text: str) -> str:
    name = one_line(text) if len(text) <= LONGEST_NAME else ""
    if not name:
        raise Refused("A subject's name has 1 to %(most)s characters.", field="name", most=LONGEST_NAME)
    return name


def check(session: Session, code: str | None, stored: str | None = None) -> str | None:
    """The code, if the tree has it, or it is the `stored` one; Refused."""
    if code and code != stored and code not in tree(session).names:
        raise Refused("There is no such subject.", field="subject")
    return code or None


def set_on_call(session: Session, call: Call, code: str | None) -> None:
    """Sets what the call was about, or with None clears it, and announces the change."""
    call.subject = check(session, code, call.subject)
    session.add(call)
    session.flush()
    call_updated(session, call)
