"""The flows of the settings, held against the numbers that are ours."""

from pathlib import Path

from callcrm.config import Settings
from callcrm.ivr.flows.loader import Prover, check_file, load_flows, numbers_of_file, prove_anew
from callcrm.ivr.flows.model import FlowFault, Flows
from callcrm.ivr.proof.kept_proofs import KeptProofs


def load_configured_flows(settings: Settings) -> Flows:
    """The flows of CALLCRM_FLOWS_DIR, proved unless they were before and nothing has changed since; FlowFault
    with a line for everything that is wrong with them, or with an operator whose number one of them answers.
    """
    proofs = KeptProofs(settings.kept_proofs)
    flows = prove_configured_flows(settings, proofs.faults)
    proofs.keep()
    return flows


def prove_configured_flows(settings: Settings, faults_of: Prover = prove_anew) -> Flows:
    """The same, whatever was proved before."""
    flows = load_flows(settings.flows, settings.zone, settings.numbers, faults_of)
    faults = [
        f"CALLCRM_OPERATOR_NUMBER: {number} is answered by {flow.name}.toml, so a call to it would come back "
        "here: name a phone that a human answers"
        for flow in flows.flows.values()
        for number in settings.operator_numbers
        if number in flow.numbers
    ]
    if faults:
        raise FlowFault(faults)
    return flows


def check_configured_file(path: Path, settings: Settings) -> list[str]:
    """Everything that is wrong with one flow file beside these settings and the flows of its folder."""
    beside = [number for other in path.parent.glob("*.toml") for number in numbers_of_file(other)]
    return check_file(path, settings.zone, [*settings.numbers, *beside])
