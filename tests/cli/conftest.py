"""Commands as somebody at a terminal sees them: an exit code, stdout, stderr."""

import io
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from callcrm.__main__ import main
from tests.cli.terminal import CommandResult, RunCommand


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An empty directory, and none of our settings set."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(("CALLCRM_", "TWILIO_"))]:
        monkeypatch.delenv(name)
    return monkeypatch


@pytest.fixture
def run(environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[RunCommand]:
    """Runs a command in this process."""
    root, mask = logging.getLogger(), os.umask(0o077)
    before = root.handlers[:], root.level

    def result(*words: str, stdin: str = "") -> CommandResult:
        environment.setattr(sys, "argv", ["callcrm", *words])
        environment.setattr(sys, "stdin", io.StringIO(stdin))
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main()
        output = capsys.readouterr()
        return CommandResult(int(end.value.code or 0), output.out, output.err)

    yield result
    os.umask(mask)
    logging.captureWarnings(False)
    root.handlers[:], root.level = before
    structlog.reset_defaults()
