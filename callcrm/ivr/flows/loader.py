"""The flows of a folder, read, proved and held in memory: the one door to them."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, tzinfo
from pathlib import Path

from callcrm.ivr.flows.model import Flow, FlowFault, Flows
from callcrm.ivr.flows.parser import read_flow
from callcrm.ivr.flows.prompt_files import read_prompts
from callcrm.ivr.proof.prompt_coverage import missing_prompts, unplayable_prompts
from callcrm.ivr.proof.proof import prove

__all__ = ["Flow", "FlowFault", "Flows", "check_file", "load_flows"]


def load_flows(folder: Path, zone: tzinfo = UTC) -> Flows:
    """The flows of a folder; FlowFault with a line for everything that is wrong with any of them.

    What is amiss with prompts breaks no call, and is in `notes`. A flow that answers no number can
    break none either: it is proved once it does, and by `check_file`.
    """
    paths = sorted(folder.glob("*.toml"))
    if not paths:
        raise FlowFault([f"{folder}: there is no flow (a .toml file) in it"])
    found, faults = _read(paths, zone)
    if len(paths) == 1:
        found = [replace(flow, default=True) for flow in found]
    elif not faults:
        faults += _between(found)
    flows, notes = _gather(folder, found)
    for flow in found:
        faults += [
            *unplayable_prompts(flow, flows.book),
            *(prove(flows, flow).faults if flow.answers else []),
        ]
        notes += missing_prompts(flow, flows.book)
    if faults:
        raise FlowFault(faults)
    return Flows(flows.flows, flows.book, tuple(notes))


def check_file(path: Path, zone: tzinfo = UTC) -> list[str]:
    """Everything that is wrong with one flow file, prompts without audio among it; nothing if it is good."""
    found, faults = _read([path], zone)
    if faults:
        return faults
    flows, notes = _gather(path.parent, found)
    flow = found[0]
    return [*notes, *missing_prompts(flow, flows.book), *prove(flows, flow).faults]


def _read(paths: Iterable[Path], zone: tzinfo) -> tuple[list[Flow], list[str]]:
    found: list[Flow] = []
    faults: list[str] = []
    for path in paths:
        try:
            found.append(read_flow(path, zone))
        except FlowFault as fault:
            faults += fault.lines
    return found, faults


def _between(found: list[Flow]) -> list[str]:
    """What is wrong between the flows: who answers which number."""
    defaults = [flow.name for flow in found if flow.default]
    faults = []
    if len(defaults) != 1:
        named = f" ({', '.join(defaults)})" if defaults else ""
        faults.append(f"default: exactly one flow must say default = true, {len(defaults)} do{named}")
    taken: dict[str, str] = {}
    for flow in found:
        for number in flow.numbers:
            other = taken.setdefault(number, flow.name)
            if other != flow.name:
                faults.append(f"{flow.name}.toml: numbers: {number} is answered by {other}.toml already")
    return faults


def _gather(folder: Path, found: list[Flow]) -> tuple[Flows, list[str]]:
    own: dict[str, dict[str, str]] = {}
    for flow in found:
        for key, said in flow.prompts.items():
            for language, text in said.items():
                own.setdefault(language, {})[f"{flow.name}.{key}"] = text
    book, notes = read_prompts(folder, own)
    return Flows({flow.name: flow for flow in found}, book), notes
