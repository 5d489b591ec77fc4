"""The wheel is all of callcrm under one name, and works anywhere."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=TOP, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def files(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*install, "--target", str(folder), str(wheel)], check=True, capture_output=True)
    return folder


def _run(installed: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(installed)}
    return subprocess.run(
        [sys.executable, *command], cwd="/", env=environment, capture_output=True, text=True, check=False
    )


def test_the_wheel_claims_one_name(files: list[str]) -> None:
    assert {name.split("/")[0] for name in files if ".dist-info/" not in name} == {"callcrm"}


@pytest.mark.parametrize("folder", ["ivr_flows", "templates", "webhooks", "callcrm"])
def test_every_file_of_the_checkout_is_in_the_wheel(files: list[str], folder: str) -> None:
    tracked = subprocess.run(["git", "ls-files", folder], cwd=TOP, capture_output=True, text=True, check=True)
    expected = [name if folder == "callcrm" else f"callcrm/{name}" for name in tracked.stdout.splitlines()]
    assert [name for name in expected if name not in files] == []


@pytest.mark.parametrize(
    "kind",
    ["ivr_flows/.*toml", "ivr_flows/prompts/", "store/migrations/", "static/vendor/.*icons.svg", "py.typed"],
)
def test_what_is_not_python_is_in_the_wheel(files: list[str], kind: str) -> None:
    start, _, end = kind.partition(".*")
    assert [name for name in files if name.startswith(f"callcrm/{start}") and name.endswith(end)]


def test_the_licence_is_in_the_wheel(files: list[str]) -> None:
    assert [name for name in files if name.endswith("licenses/LICENSE")]


def test_nothing_of_the_tests_or_of_a_build_is_in_the_wheel(files: list[str]) -> None:
    assert [name for name in files if "tests/" in name or "__pycache__" in name] == []


def test_the_wheel_itself_is_what_runs(installed: Path) -> None:
    ran = _run(installed, "-c", "import callcrm; print(callcrm.__file__)")
    assert ran.stdout.startswith(str(installed))


def test_shipped_flows_are_proved_from_anywhere(installed: Path) -> None:
    ran = _run(installed, "-m", "callcrm", "flows", "check")
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_webhooks_are_found_in_the_wheel_and_under_no_other_name(installed: Path) -> None:
    count = _run(installed, "-c", "from callcrm.paths import webhook_routes; print(len(webhook_routes()))")
    assert int(count.stdout) > 0
    code = "import sys; sys.path = [p for p in sys.path if 'site' in p]; import webhooks"
    assert "No module named 'webhooks'" in _run(installed, "-c", code).stderr
