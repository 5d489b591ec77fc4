"""Proofs that held, kept in a file: a start does not prove again what nothing has changed in."""

import hashlib
import secrets
import sys
from collections.abc import Collection
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path

import callcrm.base
import callcrm.ivr
from callcrm.ivr.flows.hours import ALWAYS
from callcrm.ivr.flows.model import Flow, Flows
from callcrm.ivr.proof.proof import prove


class KeptProofs:
    """Proves flows, but for those of which the file says that all a proof depends on is as it was: the flow,
    the prompts, our own numbers, and the program itself. Proofs that find faults are never kept.

    A file that can't be read or written costs time and nothing else.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._before = self._read()
        self._held: set[str] = set()

    def faults(self, flows: Flows, flow: Flow, own_numbers: Collection[str]) -> tuple[str, ...]:
        """What is wrong with the flow."""
        key = _key(flows, flow, own_numbers)
        if key not in self._before and (faults := prove(flows, flow, own_numbers=own_numbers).faults):
            return faults
        self._held.add(key)
        return ()

    def keep(self) -> None:
        """Writes down which proofs held; those of flows that were not asked for are forgotten."""
        if self._held == self._before:
            return
        with suppress(OSError):
            beside = self._file.with_name(f"{self._file.name}.new")
            beside.write_text("".join(f"{key}\n" for key in sorted(self._held)))
            beside.replace(self._file)

    def _read(self) -> set[str]:
        try:
            return set(self._file.read_text(errors="replace").split())
        except OSError:
            return set()


def _key(flows: Flows, flow: Flow, own_numbers: Collection[str]) -> str:
    # A proof is made for open and for closed hours, whatever they are.
    flow = replace(flow, hours=ALWAYS)
    inputs = repr((_program(), flow, flows.book.contents(), sorted(own_numbers)))
    return hashlib.sha256(inputs.encode()).hexdigest()


@cache
def _program() -> str:
    """A digest of the sources of the player and of the proof; unlike any other where they are not at hand."""
    digest = hashlib.sha256(sys.version.encode())
    folders = (*callcrm.base.__path__, *callcrm.ivr.__path__)
    sources = sorted(path for folder in folders for path in Path(folder).rglob("*.py"))
    for source in sources:
        digest.update(source.read_bytes())
    return digest.hexdigest() if sources else secrets.token_hex()
