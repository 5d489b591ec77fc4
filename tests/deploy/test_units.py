"""The unit file, the container's files and the guide hold together, and name what there is."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]  # a dependency of moto

from callcrm.cli.commands import SUMMARIES
from callcrm.config import Settings, load_settings

TOP = Path(__file__).resolve().parents[2]
DEPLOY, GUIDE = TOP / "deploy", TOP / "docs" / "production"
PAGES = sorted(GUIDE.glob("*.md"))
INSTRUCTIONS = {
    "ARG", "FROM", "COPY", "RUN", "ENV", "USER", "WORKDIR", "VOLUME", "EXPOSE", "STOPSIGNAL", "HEALTHCHECK",
    "ENTRYPOINT", "CMD",
}  # fmt: skip


def settings_of(text: str) -> dict[str, str]:
    """The settings in a file of them, also those that stand in a comment."""
    return dict(re.findall(r"^(?:# )?([A-Z][A-Z0-9_]+)=(.*)$", text, re.MULTILINE))


def test_the_sample_settings_are_settings_that_serve_takes(tmp_path: Path) -> None:
    settings = settings_of((DEPLOY / "callcrm.env").read_text())
    assert set(settings) <= {str(field.alias) for field in Settings.model_fields.values()}
    flows = tmp_path / "flows"
    shutil.copytree(TOP / "ivr_flows", flows)
    load_settings({**settings, "CALLCRM_FLOWS_DIR": str(flows)}, to_serve=True)


def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    verify = shutil.which("systemd-analyze")
    if verify is None:
        pytest.skip("needs systemd-analyze: apt install systemd")
    unit = (DEPLOY / "callcrm.service").read_text()
    program = "/opt/callcrm/bin/callcrm"
    assert f"ExecStart={program} serve" in unit
    (tmp_path / "callcrm.service").write_text(unit.replace(program, sys.executable))
    done = subprocess.run(
        [verify, "verify", "--man=no", "--recursive-errors=no", str(tmp_path / "callcrm.service")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    complaints = [line for line in done.stderr.splitlines() if "callcrm.service" in line]
    assert (done.returncode, complaints) == (0, [])


def test_the_unit_stops_gracefully_and_has_room_for_screens() -> None:
    unit = dict(
        line.split("=", 1)
        for line in (DEPLOY / "callcrm.service").read_text().splitlines()
        if re.match("[A-Z]", line)
    )
    assert (unit["KillSignal"], unit["Restart"], unit["UMask"]) == ("SIGTERM", "always", "0077")
    assert int(unit["TimeoutStopSec"]) > 10
    assert int(unit["LimitNOFILE"]) >= 65536


def instructions() -> list[tuple[str, str]]:
    """The instructions of the Containerfile, with what follows them."""
    text = re.sub(r"^#.*\n", "", (DEPLOY / "Containerfile").read_text(), flags=re.MULTILINE).replace(
        "\\\n", " "
    )
    return [
        (line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in text.splitlines() if line.strip()
    ]


def test_the_containerfile_is_one_and_runs_as_nobody_special() -> None:
    lines = instructions()
    assert {name for name, _ in lines} <= INSTRUCTIONS
    assert ("USER", "10001") in lines
    assert lines.index(("USER", "10001")) > max(n for n, (name, _) in enumerate(lines) if name == "RUN")
    assert dict(lines)["ENTRYPOINT"] == '["callcrm"]'
    assert "--require-hashes" in " ".join(rest for name, rest in lines if name == "RUN")


def test_the_compose_file_names_what_there_is() -> None:
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    services = compose["services"]
    for service in services.values():
        assert set(service.get("depends_on", [])) <= set(services)
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source in compose["volumes"] or (DEPLOY / source).exists(), volume
        assert service.get("command", "serve").split()[0] in SUMMARIES
    app = services["callcrm"]
    assert (DEPLOY / app["build"]["context"] / app["build"]["dockerfile"]).exists()
    assert (DEPLOY / app["env_file"]).exists()
    known = {str(field.alias) for field in Settings.model_fields.values()}
    assert {name for name in app["environment"] if name.startswith("CALLCRM")} <= known


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_guide_names_commands_and_files_there_are(page: Path) -> None:
    text = page.read_text()
    shell = "\n".join(re.findall(r"```sh\n(.*?)```", text, re.DOTALL))
    inline = re.findall(r"`callcrm ([a-z-]+)", text) + re.findall(
        r"(?:^|&& |callcrm )callcrm ([a-z][a-z-]+)", shell, re.MULTILINE
    )
    assert set(inline) - {"callcrm"} <= set(SUMMARIES), set(inline) - set(SUMMARIES)
    for name in re.findall(r"deploy/([\w.]+)", text):
        assert (DEPLOY / name).exists(), name


def test_no_start_waits_for_the_doctor() -> None:
    """Who looks for the server, through the proxy in front of it too, and is not content until it runs."""
    for page in (TOP / "README.md", *(TOP / "docs").rglob("*.md")):
        assert "doctor &&" not in page.read_text(encoding="utf-8"), page


def test_the_folder_of_backups_is_made_before_anything_is_written_there() -> None:
    first, *_ = [line for line in (GUIDE / "README.md").read_text().splitlines() if "callcrm/backups" in line]
    assert first.startswith("sudo install -d -m 0700 -o callcrm -g callcrm")


def test_every_file_of_deploy_is_in_the_guide() -> None:
    text = "\n".join(page.read_text() for page in PAGES)
    assert [path.name for path in DEPLOY.iterdir() if f"deploy/{path.name}" not in text] == []
