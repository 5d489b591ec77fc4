"""The command `callcrm`."""

import logging
import sys

from callcrm import lazy, logs  # noqa: F401  # lazy first: it spares us what structlog would import
from callcrm.base.errors import CallcrmError
from callcrm.cli.commands import app
from callcrm.cli.output import fail
from callcrm.config import SettingsFault


def main() -> None:
    """Run a command: exit 0 if it did what was asked, 1 if not, 2 if it was asked wrongly."""
    logs.configure(logging.WARNING)  # a command's own words are enough; `serve` tells more
    try:
        app(prog_name="callcrm")
    except (SettingsFault, CallcrmError) as fault:
        sys.exit(fail(*str(fault).splitlines()))


if __name__ == "__main__":
    main()
