"""Purchases through the API: added once, taken back, edited, and what customers are worth by them."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, select

from callcrm.crm import erasure, export, merge
from callcrm.crm.seams import SEAMS
from callcrm.models.crm.purchase import CustomerWorth, Purchase, PurchaseItem, PurchaseReturn
from callcrm.reports.measures import figure, rows
from tests.clocks import SetClock
from tests.running_app import RunningApp, open_app, settings_for
from tests.web.support.page_client import do

NOTHING = {"purchases": 0, "spent": [], "returned": [], "first_at": None, "last_at": None}


@pytest.fixture
def app(database_url: str, tmp_path: Path, clock: SetClock) -> Iterator[RunningApp]:
    with open_app(settings_for(database_url, tmp_path / "data"), clock) as app:
        yield app


@pytest.fixture
def mina(app: RunningApp) -> str:
    return customer(app, "Mina Halloran")


def customer(app: RunningApp, name: str) -> str:
    return str(app.send("POST", "/customers", {"name": name, "phones": []}).json()["id"])


def usd(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": "USD"}


def buy(app: RunningApp, customer_id: str, body: dict[str, Any], status: int = 201) -> Any:
    response = app.send("POST", f"/customers/{customer_id}/purchases", body)
    assert response.status_code == status, response.text
    return response.json()


def worth(app: RunningApp, customer_id: str) -> Any:
    return app.get(f"/customers/{customer_id}")["worth"]


HAT = {"product": "Hat", "quantity": 1, "total": {"amount": 1, "currency": "USD"}}
COAT: dict[str, Any] = {
    "external_id": "A-17",
    "at": "2026-01-04T10:00:00Z",
    "total": usd(12_000),
    "payment": "cash",
    "items": [{"product": "Red coat", "quantity": 2, "total": usd(12_500)}],
}


def test_a_purchase_with_its_items_is_answered_as_it_is_stored(app: RunningApp, mina: str) -> None:
    purchase = buy(app, mina, COAT)
    assert purchase["customer"] == {"id": mina, "name": "Mina Halloran"}
    assert purchase["items"] == [{"product": "Red coat", "quantity": 2, "total": usd(12_500)}]
    assert (purchase["total"], purchase["returned"], purchase["payment"]) == (usd(12_000), usd(0), "cash")
    assert (purchase["external_id"], purchase["at"]) == ("A-17", "2026-01-04T10:00:00.000Z")
    response = app.send("GET", f"/purchases/{purchase['id']}")
    assert (response.json(), response.headers["etag"]) == (purchase, '"1"')


def test_the_shop_s_own_id_makes_it_one_purchase(app: RunningApp, mina: str) -> None:
    first = buy(app, mina, COAT)
    assert buy(app, mina, COAT | {"total": usd(1)}, 200) == first
    assert buy(app, customer(app, "Ben"), COAT, 200) == first
    assert worth(app, mina)["purchases"] == 1


def test_of_many_at_once_with_one_id_one_is_kept(app: RunningApp, mina: str) -> None:
    with ThreadPoolExecutor(8) as threads:
        path = f"/customers/{mina}/purchases"
        answers = list(threads.map(lambda _: app.send("POST", path, COAT), range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert worth(app, mina)["spent"] == [usd(12_000)]


def test_many_purchases_at_once_are_all_counted(app: RunningApp, mina: str) -> None:
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda n: buy(app, mina, {"total": usd(n)}), range(1, 25)))
    assert (worth(app, mina)["purchases"], worth(app, mina)["spent"]) == (24, [usd(300)])


def test_an_idempotency_key_repeats_the_answer(app: RunningApp, mina: str) -> None:
    path, key = f"/customers/{mina}/purchases", {"Idempotency-Key": "k1"}
    answers = [app.send("POST", path, {"total": usd(500)}, **key) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"total": usd(0)}, "#/total/amount"),
        ({"total": usd(-5)}, "#/total/amount"),
        ({"total": {"amount": 5, "currency": "XYZ"}}, "#/total/currency"),
        ({"payment": "shells"}, "#/payment"),
        ({"at": "2026-02-05T12:00:00Z"}, "#/at"),
        (
            {"items": [{"product": "Hat", "quantity": 1, "total": {"amount": 1, "currency": "EUR"}}]},
            "#/items",
        ),
        ({"items": [{"product": "Hat", "quantity": 0, "total": usd(1)}]}, "#/items/0/quantity"),
        ({"items": [{"product": " ", "quantity": 1, "total": usd(1)}]}, "#/items/0/product"),
    ],
)
def test_what_can_t_be_is_refused(app: RunningApp, mina: str, change: dict[str, Any], pointer: str) -> None:
    problem = buy(app, mina, COAT | change, 422)
    assert problem["errors"][0]["pointer"] == pointer
    assert worth(app, mina) == NOTHING


def test_a_purchase_of_nobody_is_not_found(app: RunningApp) -> None:
    buy(app, "cus_gone", COAT, 404)


def test_worth_has_each_currency_apart(app: RunningApp, mina: str) -> None:
    assert worth(app, mina) == NOTHING
    buy(app, mina, COAT)
    buy(app, mina, {"at": "2026-01-01T00:00:00Z", "total": {"amount": 700, "currency": "EUR"}})
    latest = buy(app, mina, {"at": "2026-01-05T11:00:00Z", "total": usd(1_000)})
    returned = app.send("POST", f"/purchases/{latest['id']}/returns", {"total": usd(400), "reason": "Torn"})
    assert returned.status_code == 201
    euro = {"amount": 700, "currency": "EUR"}
    assert worth(app, mina) == {
        "purchases": 3,
        "spent": [euro, usd(13_000)],
        "returned": [euro | {"amount": 0}, usd(400)],
        "first_at": "2026-01-01T00:00:00.000Z",
        "last_at": "2026-01-05T11:00:00.000Z",
    }


def test_no_more_comes_back_than_is_left(app: RunningApp, mina: str) -> None:
    purchase = buy(app, mina, COAT)
    path = f"/purchases/{purchase['id']}/returns"
    first = app.send("POST", path, {"total": usd(7_000), "reason": "Too wide", "at": "2026-01-05T09:00:00Z"})
    assert first.status_code == 201
    assert (first.json()["reason"], first.json()["purchase"]) == ("Too wide", purchase["id"])
    assert app.get(f"/returns/{first.json()['id']}") == first.json()
    too_much = app.send("POST", path, {"total": usd(5_001), "reason": None})
    assert (too_much.status_code, too_much.json()["type"].rpartition(":")[2]) == (409, "more-than-left")
    assert app.send("POST", path, {"total": {"amount": 1, "currency": "EUR"}}).status_code == 422
    assert app.send("POST", path, {"total": usd(5_000)}).status_code == 201
    stored = app.get(f"/purchases/{purchase['id']}")
    assert (stored["returned"], len(stored["returns"])) == (usd(12_000), 2)


def test_of_many_returns_at_once_no_more_than_is_left_is_taken(app: RunningApp, mina: str) -> None:
    path = f"/purchases/{buy(app, mina, COAT)['id']}/returns"
    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(lambda _: app.send("POST", path, {"total": usd(5_000)}), range(6)))
    assert sorted(answer.status_code for answer in answers) == [201, 201, 409, 409, 409, 409]
    assert worth(app, mina)["returned"] == [usd(10_000)]


def test_lists_by_customer_product_and_time(app: RunningApp, mina: str) -> None:
    ben = customer(app, "Ben")
    buy(app, mina, COAT)
    hat = {"product": "ARM  Chair", "quantity": 1, "total": usd(1)}
    buy(app, ben, {"at": "2026-01-02T10:00:00Z", "total": usd(900), "items": [hat, hat]})
    buy(app, mina, {"at": "2026-01-03T10:00:00Z", "total": usd(800), "items": [hat]})

    def totals(**query: str) -> list[int]:
        return [item["total"]["amount"] for item in app.get("/purchases", **query)["items"]]

    assert totals() == [12_000, 800, 900]
    assert totals(customer=mina) == [12_000, 800]
    assert totals(product="arm chair") == [800, 900]
    assert totals(product="arm chair", customer=mina) == [800]
    assert totals(since="2026-01-03T10:00:00Z") == [12_000, 800]
    assert totals(until="2026-01-03T10:00:00Z") == [900]
    first = app.get("/purchases", product="Arm chair", limit="1")
    second = app.get("/purchases", product="Arm chair", limit="1", cursor=first["next"])
    assert [page["items"][0]["total"]["amount"] for page in (first, second)] == [800, 900]
    assert second["next"] is None


def test_payment_and_delivery_are_edited_by_version(app: RunningApp, mina: str) -> None:
    path = f"/purchases/{buy(app, mina, COAT)['id']}"
    requested = {"requested_at": "2026-01-03T10:00:00Z"}
    changed = app.send("PATCH", path, requested, **{"If-Match": '"1"'})
    assert (changed.status_code, changed.json()["requested_at"]) == (200, "2026-01-03T10:00:00.000Z")
    assert app.send("PATCH", path, {"payment": "card"}, **{"If-Match": '"1"'}).status_code == 412
    early = app.send("PATCH", path, {"delivered_at": "2026-01-02T10:00:00Z"})
    assert (early.status_code, early.json()["errors"][0]["pointer"]) == (422, "#/delivered_at")
    later = app.send("PATCH", path, {"delivered_at": "2026-01-05T10:00:00Z", "payment": "card"}).json()
    assert (later["payment"], later["delivered_at"]) == ("card", "2026-01-05T10:00:00.000Z")
    assert app.send("PATCH", path, {"delivered_at": None}).json()["delivered_at"] is None


def test_from_request_to_delivery_is_the_mean_of_what_was_delivered_in_the_period(
    app: RunningApp, mina: str
) -> None:
    def bring(requested_at: str | None, delivered_at: str | None) -> str:
        bought = {"requested_at": requested_at, "delivered_at": delivered_at, "at": "2026-01-01T10:00:00Z"}
        return str(buy(app, mina, {"total": usd(100), **bought})["id"])

    slow = bring("2026-01-01T10:00:00Z", "2026-01-03T10:00:00Z")
    # over the end of a summer time, in another zone, to the millisecond
    quick = bring("2025-10-26T00:30:00+02:00", "2026-01-04T00:00:00.250Z")
    bring("2026-01-01T10:00:00Z", "2026-01-02T23:59:59.999Z")  # before the period
    bring("2026-01-01T10:00:00Z", "2026-01-05T00:00:00Z")  # after it
    bring(None, "2026-01-04T10:00:00Z")
    bring("2026-01-01T10:00:00Z", None)
    since, until = datetime(2026, 1, 3, tzinfo=UTC), datetime(2026, 1, 5, tzinfo=UTC)
    measure = SEAMS.measures["request_to_delivery_time"]
    made = do(app, lambda session: figure(session, measure, since, until))
    took = datetime(2026, 1, 4, tzinfo=UTC) - datetime(2025, 10, 25, 22, 30, tzinfo=UTC)
    seconds = 2 * 86_400 + took.total_seconds() + 0.25
    assert (round(made.numerator, 3), made.denominator) == (seconds, 2)
    assert made.value == pytest.approx(seconds / 2)
    behind = do(app, lambda session: {row.id for row in rows(session, measure, since, until)})
    assert behind == {slow, quick}
    empty = do(app, lambda session: figure(session, measure, until + timedelta(days=1), until))
    assert (empty.value, empty.denominator) == (None, 0)


def test_the_history_has_both_kinds(app: RunningApp, mina: str) -> None:
    purchase = buy(app, mina, COAT)
    app.send("POST", f"/purchases/{purchase['id']}/returns", {"total": usd(10), "at": "2026-01-05T09:00:00Z"})
    items = app.get(f"/customers/{mina}/history")["items"]
    assert [item["kind"] for item in items] == ["return", "purchase"]
    assert items[0]["return"]["total"] == usd(10)
    (entry,) = app.get(f"/customers/{mina}/history", kind="purchase")["items"]
    assert entry["purchase"]["items"][0]["product"] == "Red coat"


def test_merging_customers_adds_what_they_are_worth_and_its_undo_parts_it(app: RunningApp, mina: str) -> None:
    other = customer(app, "Mina H.")
    buy(app, mina, COAT)
    back = buy(app, other, {"at": "2026-01-01T10:00:00Z", "total": usd(500)})
    app.send("POST", f"/purchases/{back['id']}/returns", {"total": usd(100)})
    before = worth(app, mina), worth(app, other)
    moved = do(app, lambda session: merge.move(session, SEAMS, other, mina))
    assert worth(app, other) == NOTHING
    together = worth(app, mina)
    assert (together["purchases"], together["spent"]) == (2, [usd(12_500)])
    assert together["returned"] == [usd(100)]
    do(app, lambda session: merge.move_back(session, SEAMS, moved, other))
    assert (worth(app, mina), worth(app, other)) == before


def test_erasing_a_customer_leaves_nothing(app: RunningApp, mina: str) -> None:
    purchase = buy(app, mina, COAT)
    app.send("POST", f"/purchases/{purchase['id']}/returns", {"total": usd(10)})
    assert do(app, lambda session: erasure.erase(session, SEAMS, mina))["purchase"] == 3

    def left(session: Session) -> list[object]:
        models = (Purchase, PurchaseItem, PurchaseReturn, CustomerWorth)
        return [row for model in models for row in session.exec(select(model))]

    assert do(app, left) == []


def test_exports_have_a_row_for_each_item_and_each_return(app: RunningApp, mina: str) -> None:
    purchase = buy(app, mina, COAT | {"items": [*COAT["items"], *COAT["items"]]})
    app.send("POST", f"/purchases/{purchase['id']}/returns", {"total": usd(10), "reason": "=1+1"})
    buy(app, mina, {"at": "2026-01-01T10:00:00Z", "total": {"amount": 500, "currency": "JPY"}})

    def tables(session: Session) -> list[list[str]]:
        return [list(export.lines(session, SEAMS.exports[name])) for name in ("purchase", "return")]

    bought, returned = do(app, tables)
    assert len(bought) == 4
    assert ",500,JPY,0,other,,,," in bought[1]
    assert ",120.00,USD,0.10,cash,Red coat,2,125.00," in bought[2]
    assert returned[1].endswith(",0.10,USD,'=1+1\r\n")
