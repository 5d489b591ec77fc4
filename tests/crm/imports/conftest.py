"""A running app into which files are brought."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest

from tests.clocks import SetClock
from tests.running_app import RunningApp, open_app, settings_for

PATIENCE = 30.0  # seconds
OVER = ("done", "failed", "undone")


@dataclass
class Bringer:
    """Sends files, and waits until they are through."""

    app: RunningApp

    def send(
        self,
        content: str | bytes,
        kind: str = "purchases",
        *,
        mapping: dict[str, str] | None = None,
        dry_run: bool = False,
        name: str = "shop.csv",
        key: str | None = None,
    ) -> Any:
        """The response to a file."""
        fields = {"kind": kind, "dry_run": "true" if dry_run else "false"}
        if mapping is not None:
            fields["mapping"] = json.dumps(mapping)
        data = content.encode() if isinstance(content, str) else content
        headers = self.app.authorization | ({"Idempotency-Key": key} if key else {})
        return self.app.client.post(
            "/api/v1/imports", files={"file": (name, data)}, data=fields, headers=headers
        )

    def bring(self, content: str | bytes, kind: str = "purchases", **more: Any) -> Any:
        """The import of this file, once it is over."""
        response = self.send(content, kind, **more)
        assert response.status_code == 202, response.text
        return self.wait(response.json()["id"])

    def wait(self, import_id: str) -> Any:
        """The import, once it is over."""
        until = monotonic() + PATIENCE
        while monotonic() < until:
            row = self.app.get(f"/imports/{import_id}")
            if row["state"] in OVER:
                return row
            sleep(0.02)
        raise AssertionError(row)

    def undo(self, import_id: str) -> Any:
        """The import, once it is undone."""
        response = self.app.send("POST", f"/imports/{import_id}/undo")
        assert response.status_code == 202, response.text
        until = monotonic() + PATIENCE
        while monotonic() < until:
            row = self.app.get(f"/imports/{import_id}")
            if row["state"] == "undone":
                return row
            sleep(0.02)
        raise AssertionError(row)


@pytest.fixture
def app(database_url: str, tmp_path: Path, clock: SetClock) -> Iterator[RunningApp]:
    with open_app(settings_for(database_url, tmp_path / "data"), clock) as app:
        yield app


@pytest.fixture
def files(app: RunningApp) -> Bringer:
    return Bringer(app)


def counts(row: Any) -> tuple[int, int, int, int]:
    """What an import did: created, changed, skipped, errors."""
    return row["created"], row["changed"], row["skipped"], row["error_count"]
