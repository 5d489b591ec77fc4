"""The scripts behind `make setup` and `make test`."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parent.parent
SHELL = shutil.which("sh") or "sh"


def _tools(path: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    script = [SHELL, str(TOP / "scripts" / "tools")]
    return subprocess.run(
        script, env={"PATH": str(path), **environment}, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("missing", ["chromium", "redis-server", "strace"])
def test_a_missing_tool_is_named_with_its_package_and_the_rest_goes_on(tmp_path: Path, missing: str) -> None:
    ran = _tools(tmp_path)
    assert ran.returncode == 0
    assert f"apt-get install {missing}" in ran.stderr


def test_in_ci_a_missing_tool_is_a_failure(tmp_path: Path) -> None:
    assert _tools(tmp_path, CI="true").returncode == 1


def test_in_ci_nothing_missing_passes_in_silence(tmp_path: Path) -> None:
    for name in ("chromium", "redis-server", "strace"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    ran = _tools(tmp_path, CI="true")
    assert (ran.returncode, ran.stderr) == (0, "")


def test_front_end_files_are_copied_by_name_and_old_ones_removed(tmp_path: Path) -> None:
    served = tmp_path / "callcrm" / "static" / "vendor"
    served.mkdir(parents=True)
    (served / "old.js").write_text("old")
    (tmp_path / "node_modules" / "some-lib" / "dist").mkdir(parents=True)
    (tmp_path / "node_modules" / "some-lib" / "dist" / "lib.min.js").write_text("new")
    package = {"vendor": {"js/lib.js": "some-lib/dist/lib.min.js"}}
    (tmp_path / "package.json").write_text(json.dumps(package))
    subprocess.run(["node", str(TOP / "scripts" / "vendor.mjs")], cwd=tmp_path, check=True)
    assert [path.relative_to(served).as_posix() for path in served.rglob("*.js")] == ["js/lib.js"]
    assert (served / "js" / "lib.js").read_text() == "new"
