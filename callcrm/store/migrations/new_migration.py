"""For developers: writes a revision with what changed in the models.

    python -m callcrm.store.migrations.new_migration MESSAGE

With `--afresh` it replaces all revisions by a single one: only before the first release.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from alembic import command

from callcrm.base.clock import SystemClock
from callcrm.store import migrate
from callcrm.store.migrations.schema import MIGRATIONS

VERSIONS = MIGRATIONS / "versions"


def revise(message: str, *, afresh: bool = False) -> Path:
    """The path of a new revision, whose upgrade brings the newest schema to that of the models."""
    if afresh:
        for old in VERSIONS.glob("*.py"):
            old.unlink()
    revision = f"{len(list(VERSIONS.glob('[0-9]*.py'))) + 1:04d}"
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/scratch.sqlite3"
        clock = SystemClock()
        migrate.upgrade(url, clock)
        with migrate.connect(url, clock) as connection:
            command.revision(migrate.make_config(connection), message, autogenerate=True, rev_id=revision)
    path = next(VERSIONS.glob(f"{revision}_*.py"))
    _tidy(path)
    return path


def _tidy(path: Path) -> None:
    """Removes alembic's marker comments and formats the file as the rest of the package."""
    text = re.sub(r"^ *# ### .*\n", "", path.read_text(), flags=re.MULTILINE)
    path.write_text(text)
    ruff = shutil.which("ruff", path=str(Path(sys.executable).parent))
    if ruff is not None:
        for arguments in (["format"], ["check", "--fix"], ["format"]):
            # Fixed arguments.
            subprocess.run([ruff, *arguments, "--quiet", str(path)], check=True)  # noqa: S603


def main() -> None:
    """Writes the revision and prints its path."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("message")
    parser.add_argument("--afresh", action="store_true")
    arguments = parser.parse_args()
    sys.stdout.write(f"{revise(arguments.message, afresh=arguments.afresh)}\n")


if __name__ == "__main__":
    main()
