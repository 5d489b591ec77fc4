"""Variables that would change nothing, or stop every connection, without a word."""

import os
from pathlib import Path

import pytest

from callcrm.config import SettingsFault, load_settings
from tests.cli.doctor.test_doctor_finds import found
from tests.cli.serving import NEEDED, serving
from tests.cli.terminal import RunCommand
from tests.ops import tls_server
from tests.running import small_flow


@pytest.fixture
def ready(environment: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    environment.setenv("SSL_CERT_FILE", "")  # what a setting of `.env` puts there is gone after the test
    for name, value in {**NEEDED, **small_flow(tmp_path)}.items():
        environment.setenv(name, value)
    return environment


@pytest.mark.parametrize("place", ["environment", ".env"])
def test_a_misspelled_setting_is_named_with_the_one_that_is_meant(
    run: RunCommand, ready: pytest.MonkeyPatch, place: str
) -> None:
    if place == ".env":
        Path(".env").write_text("CALLCRM_SIGNATURE=observe\n")
    else:
        ready.setenv("CALLCRM_SIGNATURE", "observe")
    wrong, mend = found(run("doctor"), "settings")
    assert "CALLCRM_SIGNATURE is no setting" in wrong
    assert "CALLCRM_SIGNATURES" in mend


def test_a_setting_nobody_can_guess_and_one_of_the_carriers_are_named(
    run: RunCommand, ready: pytest.MonkeyPatch
) -> None:
    ready.setenv("CALLCRM_COLOUR", "green")
    ready.setenv("TWILIO_AUTH_TOKN", "x")
    ready.setenv("TWILIO_WORKSPACE_SID", "WS1")  # other programs'
    ready.setenv("NIX_SSL_CERT_FILE", "x")
    output = run("doctor").out
    assert "CALLCRM_COLOUR is no setting" in output
    assert "perhaps TWILIO_AUTH_TOKEN is meant" in output
    assert "TWILIO_WORKSPACE_SID" not in output
    assert "NIX_" not in output


def test_serve_logs_a_misspelled_setting(tmp_path: Path) -> None:
    with serving(tmp_path, CALLCRM_SIGNATURE="observe") as server:
        log = Path(server.folder, "stderr.log").read_text()
    assert "CALLCRM_SIGNATURE" in log


@pytest.mark.parametrize("contents", [None, "no certificate\n", ""], ids=["missing", "nonsense", "empty"])
def test_certificates_that_cannot_be_read_are_a_fault_of_the_setting(
    run: RunCommand, ready: pytest.MonkeyPatch, tmp_path: Path, contents: str | None
) -> None:
    file = tmp_path / "authorities.pem"
    if contents is not None:
        file.write_text(contents)
    ready.setenv("SSL_CERT_FILE", str(file))
    with pytest.raises(SettingsFault, match=r"^SSL_CERT_FILE: "):
        load_settings()
    assert "SSL_CERT_FILE" in found(run("doctor"), "settings")[0]


def test_certificates_named_in_the_env_file_are_trusted(ready: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with tls_server.running(tmp_path) as (_, certificate):
        Path(".env").write_text(f"SSL_CERT_FILE={certificate}\n")
        ready.delenv("SSL_CERT_FILE")
        load_settings()
        assert os.environ["SSL_CERT_FILE"] == str(certificate)


def test_what_is_down_comes_with_advice(run: RunCommand, ready: pytest.MonkeyPatch) -> None:
    Path("var").mkdir()
    Path("var/callcrm.sqlite3").write_bytes(b"no database" * 1000)
    result = run("user", "list")
    assert result.code == 1
    assert result.err == "callcrm: The store is no SQLite file: `callcrm doctor` says how to mend it\n"
