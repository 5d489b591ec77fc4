"""Programmes and redemptions, over the API."""

from typing import Any

import pytest

from tests.api.support.each import each
from tests.api.support.office import Asker, Office, call, customer
from tests.crm.loyalty.shopping import item, purchase

TENTH = {"name": "Every tenth free", "kind": "every_nth", "parameters": {"n": 10, "product": None}}
USD = {"currency": "USD"}
POINTS = {
    "name": "Points",
    "kind": "points",
    "parameters": {"per": {"amount": 1000, **USD}, "points": 10, "worth": {"amount": 5, **USD}},
}


@pytest.fixture(autouse=True)
def rosa(office: Office) -> None:
    """A customer, and a call from her."""
    office.add(*customer("rosa"), call("one", customer_id="cus_rosa"))


def buy(office: Office, times: int, amount: int = 1000, **fields: Any) -> None:
    """Rosa buys so often."""
    office.add(*[purchase("cus_rosa", amount, **fields) for _ in range(times)])


def make(office: Office, programme: dict[str, Any]) -> str:
    """The id of a new programme."""
    return str(office.sara.send("POST", "/programmes", programme, 201)["id"])


def offers(asker: Asker, name: str = "cus_rosa") -> list[dict[str, Any]]:
    """What there is for a customer."""
    shown: list[dict[str, Any]] = asker.get(f"/customers/{name}")["offers"]
    return shown


def redeem(asker: Asker, programme: str, status: int = 201, **fields: Any) -> Any:
    """The answer to a redemption."""
    how = {"headers": fields.pop("headers", {})}
    path = "/customers/cus_rosa/redemptions"
    return asker.send("POST", path, {"programme": programme, "note": "", **fields}, status, **how)


def test_a_programme_is_answered_as_it_was_made(office: Office) -> None:
    made = office.sara.send("POST", "/programmes", TENTH, 201)
    assert made == {"id": made["id"], **TENTH, "active": True}
    assert office.ana.get(f"/programmes/{made['id']}") == made
    assert office.ana.ids("/programmes") == [made["id"]]


@each(
    "kind parameters pointer",
    [
        ("every_nth", {}, "#/parameters/n"),
        ("every_nth", {"n": 1}, "#/parameters/n"),
        ("every_nth", {"n": 10, "percent": 5}, "#/parameters/percent"),
        ("percent", {"percent": 101}, "#/parameters/percent"),
        ("percent", {"percent": 0}, "#/parameters/percent"),
        ("points", {"points": 1}, "#/parameters/per"),
        ("fixed", {"amount": {"amount": 5, "currency": "ZZZ"}}, "#/parameters/amount/currency"),
        ("gift", {"gift": " ", "n": 5}, "#/parameters/gift"),
        ("gift", {"gift": "a mug"}, "#/parameters"),
        ("gift", {"gift": "a mug", "n": 5, "years": 1}, "#/parameters"),
        ("lottery", {}, "#/kind"),
    ],
)
def test_what_does_not_fit_the_kind_is_named(
    office: Office, kind: str, parameters: dict[str, Any], pointer: str
) -> None:
    body = {"name": "x", "kind": kind, "parameters": parameters}
    problem = office.sara.send("POST", "/programmes", body, 422)
    assert pointer in [error["pointer"] for error in problem["errors"]]


def test_a_programme_is_changed_by_its_version(office: Office) -> None:
    made = office.sara.send("POST", "/programmes", TENTH, 201)
    path = f"/programmes/{made['id']}"
    tag = office.sara.ask("GET", path).headers["etag"]
    changed = office.sara.send("PATCH", path, {"parameters": {"n": 5}}, headers={"If-Match": tag})
    assert changed["parameters"] == {"n": 5, "product": None}
    office.sara.send("PATCH", path, {"active": False}, 412, headers={"If-Match": tag})
    fault = office.sara.send("PATCH", path, {"kind": "percent"}, 422)
    assert fault["errors"][0]["pointer"].startswith("#/parameters/")


def test_nine_bought_make_the_tenth_free(office: Office) -> None:
    tenth = make(office, TENTH)
    buy(office, 8)
    assert offers(office.ana) == [
        {"programme": tenth, "remaining": 1, "text": "Today is the ninth: the next one is on us."}
    ]
    assert redeem(office.ana, tenth, 409)["type"].endswith(":nothing-to-redeem")
    buy(office, 1)
    (offer,) = offers(office.ana)
    assert (offer["remaining"], offer["text"]) == (0, "The next one is free: today is the tenth.")
    redeemed = redeem(office.ana, tenth, call="call_one")
    assert (redeemed["state"], redeemed["spent"], redeemed["call"]) == ("redeemed", 9, "call_one")
    assert redeemed["by"] == {"id": "ana", "name": "Ana"}
    assert offers(office.ana)[0]["remaining"] == 9
    assert redeem(office.ana, tenth, 409)["type"].endswith(":nothing-to-redeem")
    assert office.ana.get(f"/redemptions/{redeemed['id']}") == redeemed
    assert office.ana.ids("/redemptions", customer="cus_rosa") == [redeemed["id"]]


def test_the_sentence_is_in_the_readers_language(office: Office) -> None:
    make(office, TENTH)
    buy(office, 9)
    program = office.token("agent")
    shown = program.ask("GET", "/customers/cus_rosa", headers={"Accept-Language": "fa"}).json()
    assert "دهم" in shown["offers"][0]["text"]


def test_a_product_counts_in_every_spelling_and_once_a_purchase(office: Office) -> None:
    make(office, {**TENTH, "parameters": {"n": 3, "product": "Café au lait"}})
    bought = purchase("cus_rosa")
    office.add(bought, item(bought, "CAFE AU LAIT"), item(bought, "Café au  lait", 1))
    buy(office, 5)
    (offer,) = offers(office.ana)
    assert (offer["remaining"], "Café au lait" in offer["text"]) == (1, True)


def test_what_came_back_does_not_count(office: Office) -> None:
    make(office, TENTH)
    points = make(office, POINTS)
    buy(office, 1, 1000, returned=1000)
    buy(office, 1, 3000, returned=1500)
    by_id = {offer["programme"]: offer for offer in offers(office.ana)}
    assert by_id[points]["text"] == "There are 10 points for you, worth $0.50."
    assert [offer["remaining"] for offer in by_id.values()] == [0, 8]


def test_points_are_redeemed_all_or_some(office: Office) -> None:
    points = make(office, POINTS)
    buy(office, 1, 10_000)
    some = redeem(office.ana, points, points=40)
    assert (some["spent"], some["worth"]) == (40, {"amount": 200, **USD})
    assert redeem(office.ana, points)["spent"] == 60
    assert redeem(office.ana, points, 409)["type"].endswith(":nothing-to-redeem")


def test_points_without_end_are_redeemed_for_no_more_than_money_can_be(office: Office) -> None:
    rates = {"per": {"amount": 1, **USD}, "points": 1_000_000, "worth": {"amount": 7, **USD}}
    points = make(office, POINTS | {"parameters": rates})
    buy(office, 1, 10**15)
    assert redeem(office.ana, points)["worth"]["amount"] == 10**15 // 7 * 7
    assert offers(office.ana)[0]["remaining"] == 0


def test_who_needs_approval_gets_it_from_a_supervisor(office: Office) -> None:
    tenth = make(office, {**TENTH, "parameters": {"n": 2, "needs_approval": True}})
    buy(office, 1)
    assert redeem(office.ana, tenth, 409)["type"].endswith(":needs-approval")
    assert redeem(office.ben, tenth, 409)["type"].endswith(":needs-approval")
    (asked,) = office.sara.get("/redemptions", state="requested")["items"]
    assert offers(office.ana)[0]["remaining"] == 0
    given = office.sara.send("POST", f"/redemptions/{asked['id']}/approve", None)
    assert (given["state"], given["by"]["id"], given["decided_by"]["id"]) == ("redeemed", "ana", "sara")
    assert offers(office.ana)[0]["remaining"] == 1
    office.sara.send("POST", f"/redemptions/{asked['id']}/approve", None, 409)


def test_a_wish_is_refused(office: Office) -> None:
    tenth = make(office, {**TENTH, "parameters": {"n": 2, "needs_approval": True}})
    buy(office, 1)
    redeem(office.ana, tenth, 409)
    (asked,) = office.sara.ids("/redemptions", state="requested")
    refused = office.sara.send("POST", f"/redemptions/{asked}/refuse", {"reason": "Not yet."})
    assert (refused["state"], refused["reason"]) == ("refused", "Not yet.")
    redeem(office.ana, tenth, 409)
    assert len(office.sara.ids("/redemptions")) == 2


def test_a_supervisor_needs_no_approval_and_grants_what_was_asked_for(office: Office) -> None:
    tenth = make(office, {**TENTH, "parameters": {"n": 2, "needs_approval": True}})
    buy(office, 1)
    redeem(office.ana, tenth, 409)
    assert redeem(office.sara, tenth)["decided_by"]["id"] == "sara"
    assert len(office.sara.ids("/redemptions")) == 1


def test_the_same_key_asks_once(office: Office) -> None:
    tenth = make(office, {**TENTH, "parameters": {"n": 2}})
    buy(office, 1)
    headers = {"Idempotency-Key": "a"}
    first = redeem(office.ana, tenth, headers=headers)
    assert redeem(office.ana, tenth, headers=headers) == first


def test_a_redemption_is_undone_with_a_reason(office: Office) -> None:
    tenth = make(office, {**TENTH, "parameters": {"n": 2}})
    buy(office, 1)
    redeemed = redeem(office.ana, tenth)
    path = f"/redemptions/{redeemed['id']}/undo"
    office.sara.send("POST", path, {}, 422)
    office.ana.send("POST", path, {"reason": "slip"}, 403)
    undone = office.sara.send("POST", path, {"reason": "Wrong customer."})
    assert (undone["state"], undone["reason"], undone["decided_by"]["id"]) == (
        "undone",
        "Wrong customer.",
        "sara",
    )
    assert offers(office.ana)[0]["remaining"] == 0


@each("programme", [TENTH, POINTS])
def test_one_that_is_switched_off_offers_nothing(office: Office, programme: dict[str, Any]) -> None:
    made = make(office, programme)
    buy(office, 20)
    office.sara.send("PATCH", f"/programmes/{made}", {"active": False})
    assert offers(office.ana) == []
    assert redeem(office.ana, made, 409)["type"].endswith(":nothing-to-redeem")


def test_the_kind_stands_once_something_was_redeemed(office: Office) -> None:
    tenth = make(office, {**TENTH, "parameters": {"n": 2}})
    buy(office, 1)
    redeem(office.ana, tenth)
    percent = {"kind": "percent", "parameters": {"percent": 5}}
    office.sara.send("PATCH", f"/programmes/{tenth}", percent, 409)
    office.sara.send("PATCH", f"/programmes/{tenth}", {"parameters": {"n": 5}})


@each("body status", [({"programme": "prg_gone"}, 422), ({}, 422), ({"programme": 1}, 422)])
def test_what_is_not_there_is_not_redeemed(office: Office, body: dict[str, Any], status: int) -> None:
    office.ana.send("POST", "/customers/cus_rosa/redemptions", body, status)


def test_history_has_what_was_redeemed(office: Office) -> None:
    tenth = make(office, {**TENTH, "parameters": {"n": 2}})
    buy(office, 1)
    redeemed = redeem(office.ana, tenth)
    kinds = office.ana.get("/customers/cus_rosa/history", kind="redemption")["items"]
    assert [moment["redemption"] for moment in kinds] == [redeemed]
