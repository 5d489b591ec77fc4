"""Clients that generators make from the OpenAPI document do what it says, against a running server."""

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.api.clients.conftest import Target

HERE = Path(__file__).parent
TOP = HERE.parents[2]
NODE_MODULES = HERE / "typescript" / "node_modules"
GENERATOR = """
project_name_override: callcrm-client
package_name_override: callcrm_client
post_hooks: []
content_type_overrides:
  audio/*: application/octet-stream
  "*/*": application/octet-stream
"""


def needs(tool: str) -> pytest.MarkDecorator:
    """Skips where a development package is missing; never in CI."""
    missing = find_spec(tool) is None and "CI" not in os.environ
    return pytest.mark.skipif(missing, reason=f"{tool} is missing: make setup brings it")


def run(*command: str | Path, folder: Path, **environment: str) -> None:
    """Runs a program, which must succeed."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


def scenario_arguments(target: Target) -> tuple[str, ...]:
    """What each scenario is told on its command line."""
    return target.url, target.token, target.agent, target.call, target.recording


@needs("openapi_python_client")
def test_the_python_client_does_what_the_document_says(target: Target, tmp_path: Path) -> None:
    (tmp_path / "generator.yml").write_text(GENERATOR, encoding="utf-8")
    package = tmp_path / "callcrm_client"
    generate = ("-m", "openapi_python_client", "generate", "--meta", "none", "--fail-on-warning")
    where = ("--path", target.document, "--output-path", package, "--config", tmp_path / "generator.yml")
    run(sys.executable, *generate, *where, folder=tmp_path)
    scenario = HERE / "python_scenario.py"
    run(sys.executable, scenario, *scenario_arguments(target), folder=tmp_path, PYTHONPATH=str(tmp_path))


@pytest.mark.skipif(
    not NODE_MODULES.exists() and "CI" not in os.environ, reason="make setup brings npm's part"
)
def test_the_typescript_client_does_what_the_document_says(target: Target, tmp_path: Path) -> None:
    for name in ("package.json", "tsconfig.json", "scenario.ts"):
        shutil.copy(HERE / "typescript" / name, tmp_path)
    # Modules are looked for beside the scenario and above it.
    (tmp_path / "node_modules").symlink_to(TOP / "node_modules")
    generator = NODE_MODULES / "openapi-typescript" / "bin" / "cli.js"
    run("node", generator, target.document, "-o", tmp_path / "schema.d.ts", folder=tmp_path)
    run(TOP / "node_modules" / ".bin" / "tsc", "-p", tmp_path, folder=tmp_path)
    run("node", tmp_path / "scenario.js", *scenario_arguments(target), folder=tmp_path)
