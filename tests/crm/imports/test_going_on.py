"""An import whose process dies goes on with the next, and brings no row twice."""

import asyncio
from pathlib import Path
from time import monotonic, sleep

import pytest

from callcrm.crm.imports import running
from callcrm.crm.imports.running import Importer
from tests.clocks import SetClock
from tests.crm.imports.conftest import Bringer, counts
from tests.running_app import issue_token, open_app, settings_for


class Killed(BaseException):
    """The end of a process."""


ROWS = 700
FILE = "external_id,phone,total,product\n" + "".join(
    f"K-{n // 2},+1202555{n % 40 + 2000:04d},{n % 9 + 1}.00,Hat\n" for n in range(ROWS)
)


async def run(importer: Importer, import_id: str) -> None:
    """Runs an import to its end, however many attempts a busy machine needs."""
    while await importer.run({"import": import_id}):
        pass


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that there is something to die between."""
    monkeypatch.setattr(running, "FEWEST", 25)
    monkeypatch.setattr(running, "MOST", 25)


def test_who_goes_on_after_a_crash_brings_no_row_twice(
    database_url: str, tmp_path: Path, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_for(database_url, tmp_path / "data")
    step, left = Importer._step, [9]

    async def dying(self: Importer, row: object) -> bool:
        if not left[0]:
            raise Killed
        left[0] -= 1
        return await step(self, row)  # type: ignore[arg-type]

    with open_app(settings, clock, background=False) as app:
        response = Bringer(app).send(FILE)
        import_id = response.json()["id"]
        importer = Importer(app.services)
        monkeypatch.setattr(Importer, "_step", dying)
        with pytest.raises(Killed):
            asyncio.run(run(importer, import_id))
        monkeypatch.setattr(Importer, "_step", step)
        row = app.get(f"/imports/{import_id}")
        assert row["state"] == "running"
        assert 0 < row["done"] < ROWS
        importer._close(import_id)  # which the system does for a process
    with open_app(settings, clock, stocked=False) as app:
        app.bearer = issue_token(app.services, "again")
        row = Bringer(app).wait(import_id)
        assert (row["state"], row["done"]) == ("done", ROWS)
        assert counts(row) == (ROWS // 2, 0, 0, 0)
        worth = [row["worth"] for row in app.get("/customers", limit="200")["items"]]
        assert sum(each["purchases"] for each in worth) == ROWS // 2
        spent = sum(money["amount"] for each in worth for money in each["spent"])
        assert spent == sum((n % 9 + 1) * 100 for n in range(ROWS))


def test_one_that_is_under_way_stops_to_be_undone(files: Bringer) -> None:
    import_id = files.send(FILE).json()["id"]
    until = monotonic() + 20
    while not files.app.get(f"/imports/{import_id}")["done"] and monotonic() < until:
        sleep(0.005)
    assert files.undo(import_id)["kept"] == 0
    assert files.app.get("/purchases")["items"] == []
    assert files.app.get("/customers")["items"] == []


def test_a_dry_run_can_t_be_undone_nor_run_twice_at_once(files: Bringer) -> None:
    row = files.bring(FILE, dry_run=True)
    refused = files.app.send("POST", f"/imports/{row['id']}/undo")
    assert (refused.status_code, refused.json()["type"].rpartition(":")[2]) == (409, "not-now")
