"""The command `callcrm`."""

import logging
import os
import sys

from callcrm import lazy, logs  # noqa: F401  # lazy first: it spares us what structlog would import
from callcrm.base.errors import CallcrmError
from callcrm.base.files import OWNER_ONLY
from callcrm.cli.commands import app
from callcrm.cli.output import print_failure
from callcrm.config import SettingsFault


def main() -> None:
    """Runs a command: exit 0 if it succeeded, 1 if not, 2 for wrong arguments."""
    os.umask(os.umask(OWNER_ONLY) | OWNER_ONLY)  # nothing we write is for other users of the machine
    logs.configure(logging.WARNING)  # a command prints its own messages; `serve` logs more
    try:
        app(prog_name="callcrm")
    except (SettingsFault, CallcrmError) as fault:
        sys.exit(print_failure(*str(fault).splitlines()))


if __name__ == "__main__":
    main()
