"""Customers by file: their numbers, who is known already, and an undo that leaves what more is known of."""

from typing import Any

from callcrm.crm.imports import customers_kind
from tests.clocks import SetClock
from tests.crm.imports.conftest import Bringer, counts
from tests.running_app import RunningApp

MAPPING = {"Who": "name", "Tel": "phones", "Lang": "language"}
FILE = """Who,Tel,Lang
Mina Halloran,(202) 555-0134; +1 202 555 0135,en
Omid,no number,fa
Sara,,Persian
Sara,,
Ben Ruiz,+12025550134,
"""


def by_name(app: RunningApp) -> dict[str, list[Any]]:
    """Numbers and language of all customers, by name."""
    found: dict[str, list[Any]] = {}
    for row in app.get("/customers", limit="200")["items"]:
        found.setdefault(row["name"], []).append((row["phones"], row["language"]))
    return found


def test_rows_become_customers_and_the_same_file_again_changes_nothing(
    app: RunningApp, files: Bringer
) -> None:
    first = files.bring(FILE, "customers", mapping=MAPPING)
    assert counts(first) == (4, 0, 0, 1)
    (fault,) = first["errors"]
    assert (fault["row"], fault["column"]) == (3, "Tel")
    there = by_name(app)
    assert there["Mina Halloran"] == [(["+12025550134", "+12025550135"], "en")]
    assert sorted(there["Sara"], key=str) == [([], "fa"), ([], None)]  # two, since the file has two
    assert there["Ben Ruiz"] == [(["+12025550134"], None)]  # a number that they share makes nobody the same
    for dry_run in (True, False):
        again = files.bring(FILE, "customers", dry_run=dry_run)
        assert (counts(again), again["errors"]) == ((0, 0, 4, 1), first["errors"])
    assert by_name(app) == there


def test_who_is_known_is_brought_up_to_date_and_turned_back(
    app: RunningApp, files: Bringer, clock: SetClock, monkeypatch: Any
) -> None:
    monkeypatch.setattr(customers_kind, "UNDONE_AT_A_TIME", 3)
    mina = app.send("POST", "/customers", {"name": "Mina", "phones": ["+12025550134"]}).json()["id"]
    kim = app.send("POST", "/customers", {"name": "Kim", "phones": []}).json()["id"]
    clock.advance(60)
    more = "".join(f"New {n},+120255502{n:02d},,\n" for n in range(10))
    text = f"name,phones,language,id\nMina,+12025550134;+12025550136,fa,\nKim Lee,,,{kim}\n{more}"
    row = files.bring(text, "customers")
    assert counts(row) == (10, 2, 0, 0)
    assert by_name(app)["Mina"] == [(["+12025550134", "+12025550136"], "fa")]
    assert "Kim Lee" in by_name(app)
    clock.advance(60)
    ids = {item["name"]: item["id"] for item in app.get("/customers", limit="200")["items"]}
    app.send("POST", f"/customers/{ids['New 3']}/contacts", {"kind": "visit", "body": "Came by."})
    app.send("PATCH", f"/customers/{ids['New 7']}", {"language": "de"})
    undone = files.undo(row["id"])
    assert undone["kept"] == 2
    assert sorted(by_name(app)) == ["Kim", "Mina", "New 3", "New 7"]
    assert by_name(app)["Mina"] == [(["+12025550134"], None)]
    assert app.get(f"/customers/{mina}")["name"] == "Mina"
