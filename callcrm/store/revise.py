"""For developers: `python -m callcrm.store.revise MESSAGE` writes the revision that the models ask for.

With `--afresh` the chain is begun anew with one revision: only before the first release.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from alembic import command

from callcrm.store import migrate

VERSIONS = migrate.MIGRATIONS / "versions"


def revise(message: str, *, afresh: bool = False) -> Path:
    """The path of a new revision: what the models have and the chain has not."""
    if afresh:
        for old in VERSIONS.glob("*.py"):
            old.unlink()
    number = f"{len(list(VERSIONS.glob('[0-9]*.py'))) + 1:04d}"
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/scratch.sqlite3"
        migrate.upgrade(url)
        with migrate.connected(url) as connection:
            command.revision(migrate.config_on(connection), message, autogenerate=True, rev_id=number)
    written = next(VERSIONS.glob(f"{number}_*.py"))
    _tidy(written)
    return written


def _tidy(path: Path) -> None:
    text = re.sub(r"^ *# ### .*\n", "", path.read_text(), flags=re.MULTILINE)
    path.write_text(text)
    ruff = shutil.which("ruff", path=str(Path(sys.executable).parent))
    if ruff is not None:
        for tidied in (["format"], ["check", "--fix"], ["format"]):
            subprocess.run([ruff, *tidied, "--quiet", str(path)], check=True)  # noqa: S603


def main() -> None:
    """Writes the revision and says where."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("message")
    parser.add_argument("--afresh", action="store_true")
    arguments = parser.parse_args()
    sys.stdout.write(f"{revise(arguments.message, afresh=arguments.afresh)}\n")


if __name__ == "__main__":
    main()
