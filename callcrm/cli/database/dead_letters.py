"""`callcrm dead-letters`: what could not be taken in, and trying it again."""

from functools import partial

from callcrm import config
from callcrm.calls.runtime import build_runtime
from callcrm.cli.clock_and_threads import clock
from callcrm.cli.commands import command_group
from callcrm.cli.output import print_data, print_message
from callcrm.cli.prerequisites import open_store
from callcrm.ivr.flows.configured import load_configured_flows
from callcrm.jobs import dead_letters
from callcrm.ledger.dead_letters import AT, ERROR, DeadLetters

LISTED = 1000  # jobs
app = command_group()


@app.callback()
def group() -> None:
    """Show what could not be taken in, and try it again."""


@app.command("list")
def list_() -> None:
    """Print what could not be taken in, a line each: what, when it failed, with which error."""
    settings = config.load_settings()
    letters = DeadLetters(settings.spool)
    with open_store(settings) as store:
        jobs = store.read_now(partial(dead_letters.dead_jobs, limit=LISTED))
    for record in letters.records():
        print_data(f"{record.get('kind')}\t{record.get(AT, '')}\t{record.get(ERROR, '')}")
    for job in jobs:
        print_data(f"job {job.kind}\t{job.dead_at.isoformat()}\t{job.error}")
    if damaged := letters.count_damaged():
        print_message(f"{damaged} lines of the spool are damaged, and kept in {letters.quarantine}.")


@app.command()
def retry() -> None:
    """Take in what now can be, and have jobs that were given up on run again."""
    settings = config.load_settings()
    runtime = build_runtime(settings, load_configured_flows(settings))
    with open_store(settings) as store:
        result = dead_letters.retry_all(store, runtime, DeadLetters(settings.spool), clock)
    print_message(f"{result.taken} taken in, {result.left} left; {result.jobs} jobs will run again.")
