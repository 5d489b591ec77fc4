"""The flows of a folder: read, proved and held in memory."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from datetime import UTC, tzinfo
from pathlib import Path

from callcrm.ivr.flows.model import Flow, FlowFault, Flows
from callcrm.ivr.flows.parser import read_flow
from callcrm.ivr.flows.prompt_files import read_prompts
from callcrm.ivr.proof.prompt_coverage import missing_prompts, unplayable_prompts
from callcrm.ivr.proof.proof import prove

__all__ = ["Flow", "FlowFault", "Flows", "check_file", "load_flows"]

Prover = Callable[[Flows, Flow, Collection[str]], Collection[str]]


def prove_anew(flows: Flows, flow: Flow, own_numbers: Collection[str]) -> Collection[str]:
    """What is wrong with the flow, proved now."""
    return prove(flows, flow, own_numbers=own_numbers).faults


def load_flows(
    folder: Path, zone: tzinfo = UTC, own_numbers: Collection[str] = (), faults_of: Prover = prove_anew
) -> Flows:
    """The flows of a folder; FlowFault with a line for everything that is wrong with any of them.

    No key may ring one of `own_numbers`, nor a number that a flow answers: the call would come back here.
    `faults_of` proves a flow.

    What is wrong with prompts breaks no call, and is in `notes`. A flow that answers no number can break
    none either: it is proved once it does, and by `check_file`.
    """
    paths = sorted(folder.glob("*.toml"))
    if not paths:
        raise FlowFault([f"{folder}: there is no flow (a .toml file) in it"])
    read, faults = _read(paths, zone)
    if len(paths) == 1:
        read = [replace(flow, default=True) for flow in read]
    elif not faults:
        faults += _number_conflicts(read)
    flows, notes = _with_prompts(folder, read)
    ours = frozenset(own_numbers).union(*(flow.numbers for flow in read))
    for flow in read:
        faults += [
            *unplayable_prompts(flow, flows.book),
            *(faults_of(flows, flow, ours) if flow.answers else ()),
        ]
        notes += missing_prompts(flow, flows.book)
    if faults:
        raise FlowFault(faults)
    return Flows(flows.flows, flows.book, tuple(notes))


def check_file(path: Path, zone: tzinfo = UTC, own_numbers: Collection[str] = ()) -> list[str]:
    """Everything that is wrong with one flow file, prompts without audio among it; nothing if it is good.

    No key may ring one of `own_numbers`, nor a number that this flow answers.
    """
    read, faults = _read([path], zone)
    if faults:
        return faults
    flows, notes = _with_prompts(path.parent, read)
    flow = read[0]
    ours = frozenset(own_numbers).union(flow.numbers)
    return [*notes, *missing_prompts(flow, flows.book), *prove(flows, flow, own_numbers=ours).faults]


def numbers_of_file(path: Path) -> tuple[str, ...]:
    """The numbers a flow file says it answers, none if it is no flow."""
    try:
        return read_flow(path, UTC).numbers
    except FlowFault:
        return ()


def _read(paths: Iterable[Path], zone: tzinfo) -> tuple[list[Flow], list[str]]:
    flows: list[Flow] = []
    faults: list[str] = []
    for path in paths:
        try:
            flows.append(read_flow(path, zone))
        except FlowFault as fault:
            faults += fault.lines
    return flows, faults


def _number_conflicts(flows: list[Flow]) -> list[str]:
    """What is wrong between the flows: each number, and the rest of them, is answered by exactly one."""
    defaults = [flow.name for flow in flows if flow.default]
    faults = []
    if len(defaults) != 1:
        named = f" ({', '.join(defaults)})" if defaults else ""
        faults.append(f"default: exactly one flow must say default = true, {len(defaults)} do{named}")
    answered_by: dict[str, str] = {}
    for flow in flows:
        for number in flow.numbers:
            other = answered_by.setdefault(number, flow.name)
            if other != flow.name:
                faults.append(f"{flow.name}.toml: numbers: {number} is answered by {other}.toml already")
    return faults


def _with_prompts(folder: Path, flows: list[Flow]) -> tuple[Flows, list[str]]:
    """The flows with the prompts of their folder and their own, and what is wrong with those."""
    own_texts: dict[str, dict[str, str]] = {}
    for flow in flows:
        for key, texts in flow.prompts.items():
            for language, text in texts.items():
                own_texts.setdefault(language, {})[f"{flow.name}.{key}"] = text
    book, notes = read_prompts(folder, own_texts)
    return Flows({flow.name: flow for flow in flows}, book), notes
