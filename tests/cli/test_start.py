"""What a command settles before it does anything: who may read its files, `.env`, the port, and the end."""

import os
import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import uvicorn

from callcrm import config
from tests.cli.serving import NEEDED, get, serving
from tests.cli.terminal import CommandResult, RunCommand
from tests.running import free_port, small_flow

ROOT = Path(__file__).parents[2]


def others(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode) & 0o077


# --- who may read ---------------------------------------------------------------------------------


def test_whatever_a_command_writes_is_its_owners_alone(
    run: RunCommand, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = os.umask(0o022)
    try:
        run("user", "add", "ada@example.com", "--role", "admin", "--name", "Ada")
        run("backup", "b.zip")
    finally:
        os.umask(before)
    made = [path for path in tmp_path.rglob("*") if path.is_file() or path.is_dir()]
    assert {"var", "callcrm.sqlite3", "b.zip"} <= {path.name for path in made}
    assert [path.name for path in made if others(path)] == []


def test_a_server_writes_nothing_that_others_may_read(tmp_path: Path) -> None:
    flows = small_flow(tmp_path)
    known = set(tmp_path.rglob("*"))
    before = os.umask(0o022)
    try:
        with serving(tmp_path, **flows) as server:
            assert get(server, "/readyz").status_code == 200
    finally:
        os.umask(before)
    log = tmp_path / "stderr.log"  # the test's own
    made = set(tmp_path.rglob("*")) - known - {log}
    assert made
    assert [path.name for path in made if others(path)] == []


# --- .env -----------------------------------------------------------------------------------------

LINES = b"CALLCRM_TIME_ZONE=Asia/Tehran\n"
FAULTS: dict[str, tuple[Callable[[], bytes], str]] = {
    "UTF-16": (lambda: LINES.decode().encode("utf-16"), "UTF-8"),
    "a picture": (lambda: b"\x89PNG\r\n\x1a\n" * 200, "UTF-8"),
    "NUL": (lambda: LINES + b"\0" * 99, "NUL"),
    "prose": (lambda: LINES + b"do not forget\n" * 80, "line 2, 3, 4, 5, 6 and 75 more"),
    "a quote left open": (lambda: LINES + b"TWILIO_AUTH_TOKEN='abc\n", "line 2"),
}


@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.parametrize("command", ["serve", "migrate", "doctor"])
def test_an_env_file_that_is_none_is_one_line(
    environment: pytest.MonkeyPatch, run: RunCommand, tmp_path: Path, name: str, command: str
) -> None:
    content, cause = FAULTS[name]
    (tmp_path / ".env").write_bytes(content())
    result = run(command)
    lines = [line for line in (result.err + result.out).splitlines() if "mend:" not in line]
    assert (result.code, len(lines)) == (1, 1), lines
    assert ".env: " in lines[0]
    assert cause in lines[0]


def test_an_env_file_that_may_not_be_read_is_one_line(
    run: RunCommand, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_bytes(LINES)
    read_text = Path.read_text

    def refused(path: Path, *rest: object, **named: object) -> str:
        if path.name == ".env":
            raise PermissionError(13, "Permission denied")
        return read_text(path, *rest, **named)  # type: ignore[arg-type]

    environment.setattr(Path, "read_text", refused)
    result = run("migrate")
    assert (result.code, len(result.err.splitlines())) == (1, 1)
    assert ".env: can't be read (Permission denied)" in result.err


def test_an_env_file_of_windows_is_read(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    text = "\ufeffCALLCRM_TIME_ZONE=Asia/Tehran\r\n# ours\r\nexport CALLCRM_DEFAULT_REGION='IR'\r\n"
    (tmp_path / ".env").write_bytes(text.encode())
    settings = config.load_settings()
    assert (settings.time_zone, settings.default_region) == ("Asia/Tehran", "IR")
    # python-dotenv takes the mark off itself since 1.2.3 alone.
    assert config.Settings.model_config["env_file_encoding"] == "utf-8-sig"


# --- zones ----------------------------------------------------------------------------------------


def test_a_machine_without_time_zones_is_not_blamed_on_a_setting() -> None:
    """Its own process: zones that were found once are kept."""
    script = "import sys; sys.modules['tzdata'] = None; from callcrm.__main__ import main; main()"
    settings = {"PYTHONTZPATH": "", "PATH": "", "CALLCRM_TIME_ZONE": "Asia/Tehran", "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(
        [sys.executable, "-c", script, "migrate"],
        env=settings,
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, len(ended.stderr.splitlines())) == (1, 1), ended.stderr
    assert "tzdata" in ended.stderr
    assert "CALLCRM_TIME_ZONE" not in ended.stderr


# --- ports ----------------------------------------------------------------------------------------


@pytest.fixture
def ready_to_serve(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in {**NEEDED, **small_flow(tmp_path)}.items():
        environment.setenv(name, value)
    environment.setattr(uvicorn, "run", lambda *_, **__: pytest.fail("it serves"))


def said(result: CommandResult) -> list[str]:
    """What the command says, without the log's lines, which may doubt a setting."""
    return [line for line in result.err.splitlines() if line.startswith("callcrm: ")]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0", "::1", "::"])
@pytest.mark.usefixtures("ready_to_serve")
def test_a_used_port_is_one_line_before_anything_is_made(run: RunCommand, tmp_path: Path, host: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family) as taken:
        port = str(taken.getsockname()[1])
        result = run("serve", "--host", host, "--port", port)
    assert (result.code, len(said(result))) == (1, 1)
    assert f"port {port} of {host}" in result.err
    assert "Address already in use" in result.err
    assert list((tmp_path / "var").iterdir()) == []


@pytest.mark.usefixtures("ready_to_serve")
def test_an_address_that_is_not_this_machines_is_one_line(run: RunCommand) -> None:
    result = run("serve", "--host", "192.0.2.1")
    assert (result.code, len(said(result))) == (1, 1)


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("CALLCRM_DATABASE_URL", "postgresql://db.example.com:five/callcrm"),
        ("CALLCRM_DATABASE_URL", "postgresql://u:p@[::1]:0/callcrm"),
        ("CALLCRM_REDIS_URL", "redis://127.0.0.1:99999"),
        ("CALLCRM_PUBLIC_URL", "https://calls.example.com:https"),
        ("CALLCRM_TWILIO_API_URL", "https://carrier.example:-1"),
        ("CALLCRM_S3_ENDPOINT", "https://s3.example:"),
    ],
)
def test_a_port_that_is_no_number_is_said_by_the_settings_name(
    run: RunCommand, environment: pytest.MonkeyPatch, name: str, url: str
) -> None:
    environment.setenv(name, url)
    result = run("migrate")
    if url.endswith(":"):
        assert result.code == 0, "an empty port is the usual one"
        return
    assert (result.code, len(result.err.splitlines())) == (1, 1)
    assert result.err.startswith(f"callcrm: {name}: ")


@pytest.mark.parametrize(
    "url",
    ["postgresql://a:1,b/callcrm", "postgresql://u:p%40x:y@[::1]:5432/c", "postgresql:///c?host=/run/pg"],
)
def test_every_form_of_a_database_url_is_taken(url: str) -> None:
    assert config.load_settings({"CALLCRM_DATABASE_URL": url}).database == url


# --- the end --------------------------------------------------------------------------------------

STOP_IN_A_CALLBACK = """
import gc, os, signal, sys
from callcrm.cli import serve
from callcrm.__main__ import main

def stop(*_):
    os.kill(os.getpid(), signal.SIGTERM)  # while the collector runs a callback, where an exception is lost
    gc.callbacks.remove(stop)

def build(settings):
    gc.callbacks.append(stop)
    gc.collect()
    print("it went on")
    sys.exit(3)

serve.build = build
sys.argv = ["callcrm", "serve", "--port", sys.argv[1]]
main()
"""


def test_a_stop_while_it_starts_is_never_lost(tmp_path: Path) -> None:
    settings = {**os.environ, **NEEDED, **small_flow(tmp_path), "CALLCRM_DATA_DIR": str(tmp_path)}
    ended = subprocess.run(
        [sys.executable, "-c", STOP_IN_A_CALLBACK, str(free_port())],
        env=settings, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert (ended.returncode, ended.stdout) == (0, ""), ended.stderr
