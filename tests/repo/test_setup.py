"""`scripts/setup` and make's use of it: what is installed, when, and what an interruption leaves."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
LOCK = "babel==2.18.0 \\\n    --hash=sha256:00\nwin==1 ; sys_platform == 'win32' \\\n    --hash=sha256:00\n"
# In place of the programs it calls: each writes down its arguments. The Python is also the environment's.
PYTHON = """#!/bin/sh
echo "python $*" >>"$LOG"
case "$*" in
    *sysconfig*) echo .venv/site ;;
    *"venv --clear"*) rm -rf .venv; mkdir -p .venv/bin .venv/site; cp "$0" .venv/bin/python ;;
    *"--version"*) [ -e .venv/site/pip ] ;;
    *requirements-pip.txt*) touch .venv/site/pip ;;
    *"pip install"*)
        echo "Ignoring win: markers do not match"
        echo "Collecting babel==2.18.0 (from -r requirements.txt (line 1))"
        echo "  Downloading babel-2.18.0-py3-none-any.whl (10.2 MB)"
        [ -z "${PIP_FAILS:-}" ] ;;
esac
"""
NPM = """#!/bin/sh
echo "npm $*" >>"$LOG"
mkdir -p node_modules
[ -z "${NPM_FAILS:-}" ]
"""
NODE = """#!/bin/sh
echo "node $*" >>"$LOG"
"""


@dataclass(frozen=True)
class Checkout:
    """A folder with the files of the set-up, and the programs it calls played."""

    folder: Path

    def set_up(self, part: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        """Run the script; what it calls is in `calls` afterwards."""
        (self.folder / "log").unlink(missing_ok=True)
        path = f"{self.folder / 'programs'}:{os.environ['PATH']}"
        environment |= {"PATH": path, "LOG": str(self.folder / "log")}
        command = [shutil.which("sh") or "sh", "scripts/setup", part]
        return subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )

    @property
    def calls(self) -> list[str]:
        """The command lines of the programs called."""
        return (self.folder / "log").read_text().splitlines()

    @property
    def stamps(self) -> set[str]:
        """The parts whose set-up is whole."""
        return {path.name for path in (self.folder / ".venv").glob(".*")}

    def makes(self, target: str) -> bool:
        """Whether make would run the script for this target."""
        ran = subprocess.run(
            ["make", "-n", target], cwd=self.folder, capture_output=True, text=True, check=True
        )
        return "scripts/setup" in ran.stdout


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    (tmp_path / "scripts").mkdir()
    (tmp_path / "programs").mkdir()
    for name in ("Makefile", "package.json", "package-lock.json", "scripts/setup", "scripts/vendor.mjs"):
        shutil.copy(TOP / name, tmp_path / name)
    for name in ("requirements.txt", "requirements-dev.txt", "requirements-pip.txt"):
        (tmp_path / name).write_text(LOCK)
    for name, script in (("python3", PYTHON), ("npm", NPM), ("node", NODE)):
        (tmp_path / "programs" / name).write_text(script)
        (tmp_path / "programs" / name).chmod(0o755)
    for path in tmp_path.rglob("*"):
        os.utime(path, (0, 0))
    return Checkout(tmp_path)


def _installed(checkout: Checkout) -> str:
    """The lock file that was installed from, besides pip's own."""
    call = next(
        call for call in checkout.calls if "pip install" in call and not call.endswith("requirements-pip.txt")
    )
    assert "--require-hashes" in call
    return call.split()[-1]


def _npm(checkout: Checkout) -> str:
    return next(call for call in checkout.calls if call.startswith("npm "))


@pytest.mark.parametrize(("code", "used"), [(0, "preferred"), (1, "python3")])
def test_a_preferred_python_is_used_if_it_will_do(checkout: Checkout, code: int, used: str) -> None:
    preferred = checkout.folder / "programs" / "preferred"
    preferred.write_text(
        f'#!/bin/sh\n[ "$1" != -c ] || exit {code}\necho preferred >>"$LOG"\nexec python3 "$@"\n'
    )
    preferred.chmod(0o755)
    assert checkout.set_up("runtime", PREFERRED_PYTHON=str(preferred)).returncode == 0
    assert ("preferred" in checkout.calls) == (used == "preferred")


def test_running_needs_no_more_than_its_own_packages(checkout: Checkout) -> None:
    assert checkout.set_up("runtime").returncode == 0
    assert _installed(checkout) == "requirements.txt"
    assert _npm(checkout).startswith("npm ci --omit=dev")
    assert checkout.stamps == {".runtime"}


def test_developing_needs_all_of_them(checkout: Checkout) -> None:
    assert checkout.set_up("development").returncode == 0
    assert _installed(checkout) == "requirements-dev.txt"
    assert "--omit" not in _npm(checkout)
    assert checkout.stamps == {".runtime", ".development"}


def test_from_one_to_the_other_what_is_there_stays(checkout: Checkout) -> None:
    checkout.set_up("runtime")
    assert checkout.set_up("development").returncode == 0
    assert not [call for call in checkout.calls if "venv --clear" in call]
    assert _npm(checkout).startswith("npm install --no-save")


def test_what_developing_needs_is_not_taken_away_by_running(checkout: Checkout) -> None:
    checkout.set_up("development")
    checkout.set_up("runtime")
    assert _installed(checkout) == "requirements-dev.txt"
    assert checkout.stamps == {".runtime", ".development"}


@pytest.mark.parametrize("fault", ["PIP_FAILS", "NPM_FAILS"])
def test_an_interrupted_set_up_fails_and_is_repaired_by_repeating(checkout: Checkout, fault: str) -> None:
    checkout.set_up("development")
    assert checkout.set_up("development", **{fault: "yes"}).returncode != 0
    assert checkout.stamps == set()
    (checkout.folder / ".venv" / "site" / "half-1.0.dist-info").mkdir()
    whole = checkout.folder / ".venv" / "site" / "whole-1.0.dist-info"
    whole.mkdir()
    (whole / "RECORD").touch()
    assert checkout.set_up("development").returncode == 0
    assert _npm(checkout).startswith("npm ci")
    assert [path.name for path in whole.parent.glob("*.dist-info")] == [whole.name]


def test_a_broken_environment_is_made_anew(checkout: Checkout) -> None:
    checkout.set_up("runtime")
    (checkout.folder / ".venv" / "bin" / "python").unlink()
    assert checkout.set_up("runtime").returncode == 0
    assert [call for call in checkout.calls if "venv --clear" in call]


def test_it_says_where_it_is_and_what_it_fetches(checkout: Checkout) -> None:
    lines = checkout.set_up("runtime").stderr.splitlines()
    assert [line.partition(":")[0] for line in lines if line.startswith("setup")] == [
        "setup 1/4",
        "setup 2/4",
        "setup 3/4",
        "setup 4/4",
    ]
    assert "    2 of 2: fetching babel (10.2 MB)" in lines


def test_the_command_runs_this_checkout_from_anywhere(checkout: Checkout) -> None:
    checkout.set_up("runtime")
    command = checkout.folder / ".venv" / "bin" / "callcrm"
    subprocess.run([command, "a b"], cwd="/", env={"LOG": str(checkout.folder / "log")}, check=True)
    assert checkout.calls[-1] == "python -P -m callcrm a b"
    assert (checkout.folder / ".venv" / "site" / "callcrm.pth").read_text() == f"{checkout.folder}\n"


def test_a_part_that_does_not_exist_is_refused(checkout: Checkout) -> None:
    assert checkout.set_up("everything").returncode == 1


@pytest.mark.parametrize("part", ["runtime", "development"])
def test_the_demo_runs_after_either_part_without_another(checkout: Checkout, part: str) -> None:
    assert checkout.makes("demo")
    checkout.set_up(part)
    assert not checkout.makes("demo")


def test_tests_and_checks_need_the_development_part(checkout: Checkout) -> None:
    checkout.set_up("runtime")
    assert checkout.makes("check")
    checkout.set_up("development")
    assert not checkout.makes("check")


@pytest.mark.parametrize(
    ("changed", "target"),
    [
        ("requirements.txt", "demo"),
        ("requirements-dev.txt", "check"),
        ("requirements-pip.txt", "demo"),
        ("package-lock.json", "demo"),
        ("package-lock.json", "check"),
        ("scripts/setup", "demo"),
    ],
)
def test_a_changed_lock_file_makes_the_set_up_stale(checkout: Checkout, changed: str, target: str) -> None:
    checkout.set_up("development")
    later = (checkout.folder / ".venv" / ".runtime").stat().st_mtime + 10
    os.utime(checkout.folder / changed, (later, later))
    assert checkout.makes(target)
