"""Checks on this machine: settings and flows here, store and files in their own modules."""

from collections.abc import Iterator

from callcrm import config, env_file
from callcrm.cli.checks import consistency, files, store
from callcrm.cli.checks.doubts import flow_doubts
from callcrm.cli.checks.result import CheckResult, ok, wrong
from callcrm.config import Settings
from callcrm.ivr.flows.configured import prove_configured_flows
from callcrm.ivr.flows.model import FlowFault

# Faults of what settings are read with: their lines end in what to do.
SAYS_ITS_REMEDY = (f"{env_file.NAME}: ", config.NO_ZONES)


def check_settings(_: Settings | None = None) -> Iterator[CheckResult]:
    """Whether settings are well formed, and `serve` has all it needs."""
    try:
        config.load_settings(to_serve=True)
    except config.SettingsFault as fault:
        for line in fault.lines:
            remedy = "set it in the environment or in .env (README, Settings)"
            yield wrong("settings", line, "" if line.startswith(SAYS_ITS_REMEDY) else remedy)
    else:
        yield ok("settings", "read, and complete")


def check_flows(settings: Settings) -> Iterator[CheckResult]:
    """Whether every flow keeps the operator rule."""
    try:
        flows = prove_configured_flows(settings)
    except FlowFault as fault:
        for line in fault.lines:
            yield wrong("flows", line, "mend the flow, then try it with `callcrm flows check`")
    else:
        for doubt in flow_doubts(settings, flows):
            yield wrong("settings", f"{doubt.variable} {doubt.cause}", doubt.remedy)
        yield ok("flows", f"{settings.flows}: every caller reaches a human")


CHECKS = (
    check_settings,
    *store.CHECKS,
    *files.CHECKS,
    *consistency.CHECKS,
    check_flows,
)
