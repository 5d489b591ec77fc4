"""The lock files name every dependency with its hashes, and no host to get it from."""

import json
import re
import tomllib
from collections.abc import Iterator, Set
from importlib.metadata import requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

TOP = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))
RUNTIME = PROJECT["project"]["dependencies"]
DEVELOPMENT = [*RUNTIME, *PROJECT["dependency-groups"]["dev"]]
PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)(.*?)(?=^\S|\Z)", re.MULTILINE | re.DOTALL)

LOCKS = ["requirements.txt", "requirements-dev.txt", "requirements-pip.txt"]
each_lock = pytest.mark.parametrize("lock", LOCKS)


def _pins(lock: str) -> dict[str, tuple[str, str]]:
    text = (TOP / lock).read_text(encoding="utf-8")
    return {canonicalize_name(pin[1]): (pin[2], pin[3]) for pin in PIN.finditer(text)}


@each_lock
def test_every_pin_has_a_hash(lock: str) -> None:
    assert [name for name, (_, rest) in _pins(lock).items() if "--hash=sha256:" not in rest] == []


@pytest.mark.parametrize("lock", [*LOCKS, "package-lock.json", ".npmrc"])
def test_no_host_is_named(lock: str) -> None:
    lines = (TOP / lock).read_text(encoding="utf-8").splitlines()
    # where a package's authors ask for support is no place to fetch it from
    assert [line for line in lines if "://" in line and '"url"' not in line] == []


@pytest.mark.parametrize(
    ("lock", "dependency"),
    [("requirements.txt", requirement) for requirement in RUNTIME]
    + [("requirements-dev.txt", requirement) for requirement in DEVELOPMENT],
)
def test_what_pyproject_asks_for_is_pinned_as_asked(lock: str, dependency: str) -> None:
    requirement = Requirement(dependency)
    pins = _pins(lock)
    assert canonicalize_name(requirement.name) in pins
    assert requirement.specifier.contains(pins[canonicalize_name(requirement.name)][0])


def _needed(
    requirement: Requirement, seen: set[str], extras: Set[str] = frozenset()
) -> Iterator[Requirement]:
    """This requirement of a package with these extras, and all that follow from it, if it applies here."""
    marker = requirement.marker
    applies = marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *extras))
    key = f"{canonicalize_name(requirement.name)} {sorted(requirement.extras)}"
    if not applies or key in seen:
        return
    seen.add(key)
    yield requirement
    for line in requires(requirement.name) or []:
        yield from _needed(Requirement(line), seen, requirement.extras)


@pytest.mark.parametrize(
    ("lock", "dependencies"), [("requirements.txt", RUNTIME), ("requirements-dev.txt", DEVELOPMENT)]
)
def test_all_that_packages_need_is_pinned_since_set_up_resolves_nothing(
    lock: str, dependencies: list[str]
) -> None:
    pins, seen = _pins(lock), set[str]()
    needed = [each for line in dependencies for each in _needed(Requirement(line), seen)]
    versions = {name: version for name, (version, _) in pins.items()}
    assert [
        str(requirement)
        for requirement in needed
        if not requirement.specifier.contains(versions.get(canonicalize_name(requirement.name), "0"))
    ] == []


def test_what_users_get_is_what_was_tested() -> None:
    tested = _pins("requirements-dev.txt")
    assert {name: pin for name, (pin, _) in _pins("requirements.txt").items() if tested[name][0] != pin} == {}


def test_the_front_end_is_locked_at_the_same_version() -> None:
    package = json.loads((TOP / "package.json").read_text(encoding="utf-8"))
    lock = json.loads((TOP / "package-lock.json").read_text(encoding="utf-8"))
    assert package["version"] == lock["version"] == PROJECT["project"]["version"]
    assert package.get("dependencies", {}) == lock["packages"][""].get("dependencies", {})
