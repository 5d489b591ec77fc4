"""The command `callcrm`."""

import logging
import os
import sys

from callcrm import lazy, logs  # noqa: F401  # lazy first: it spares us what structlog would import
from callcrm.base.errors import CallcrmError, Unavailable
from callcrm.base.files import OWNER_ONLY
from callcrm.cli.commands import app
from callcrm.cli.output import print_failure
from callcrm.config import SettingsFault

DOCTOR = "`callcrm doctor` says how to mend it"
CHECKED_BY_DOCTOR = ("The store ", "the carrier ")  # how faults of what it looks at begin


def main() -> None:
    """Runs a command: exit 0 if it succeeded, 1 if not, 2 for wrong arguments."""
    os.umask(os.umask(OWNER_ONLY) | OWNER_ONLY)  # nothing we write is for other users of the machine
    logs.configure(logging.WARNING)  # a command prints its own messages; `serve` logs more
    try:
        app(prog_name="callcrm")
    except (SettingsFault, CallcrmError) as fault:
        sys.exit(print_failure(*_lines(fault)))


def _lines(fault: Exception) -> list[str]:
    """What to print of a fault, with where to look where a part we need is down and does not say so."""
    lines = str(fault).splitlines()
    down = isinstance(fault, Unavailable) and not getattr(fault, "remedy", "")
    if down and lines[0].startswith(CHECKED_BY_DOCTOR):
        return [f"{lines[0].rstrip('.')}: {DOCTOR}"]
    return lines


if __name__ == "__main__":
    main()
