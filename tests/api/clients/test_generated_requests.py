"""Requests that are generated from the OpenAPI document, the same each time, are answered as it says."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.api.clients.conftest import Target
from tests.api.clients.test_generated_clients import needs

SEED = "20260105"
EXAMPLES = "2"  # of each operation
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "unsupported_method",
    "ignored_auth",
)
# A stream has no end, and a token that revokes itself is answered 401 from then on.
LEFT_OUT = "^/(events|tokens/)"


def generated(target: Target, document: Path, folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """What comes of a run over the document."""
    command = (sys.executable, "-m", "schemathesis.cli", "run", str(document), "--url", target.url)
    amount = ("--seed", SEED, "--max-examples", EXAMPLES, "--phases", "fuzzing", "--workers", "1")
    manner = ("--checks", ",".join(CHECKS), "--suppress-health-check", "all", "--no-color", *more)
    token = ("--header", f"Authorization: Bearer {target.token}")
    return subprocess.run(
        [*command, *amount, *manner, *token], cwd=folder, capture_output=True, text=True, check=False
    )


@needs("schemathesis")
@pytest.mark.timeout(240)
def test_whatever_is_asked_is_answered_as_the_document_says(target: Target, tmp_path: Path) -> None:
    run = generated(target, target.document, tmp_path, "--exclude-path-regex", LEFT_OUT)
    assert run.returncode == 0, run.stdout
    assert " generated, " in run.stdout


@needs("schemathesis")
def test_a_document_that_says_something_else_is_noticed(target: Target, tmp_path: Path) -> None:
    document = json.loads(target.document.read_text(encoding="utf-8"))
    document["components"]["schemas"]["Queue"]["properties"]["waiting"] = {"type": "string"}
    document["components"]["schemas"]["Agent"]["properties"]["name"] = {"type": "integer"}
    wrong = tmp_path / "wrong.json"
    wrong.write_text(json.dumps(document), encoding="utf-8")
    run = generated(target, wrong, tmp_path, "--include-path", "/agents", "--max-failures", "1")
    assert run.returncode == 1, run.stdout
    assert "violates schema" in run.stdout
