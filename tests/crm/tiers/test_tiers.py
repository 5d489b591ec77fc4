"""Tiers by rules and by hand, over the API."""

import pytest

from tests.crm.tiers.conftest import Shop, tier

USD = "USD"


def usd(amount: int) -> dict[str, object]:
    return {"amount": amount, "currency": USD}


def test_out_of_the_box_the_number_of_purchases_in_a_year_counts(shop: Shop) -> None:
    mina = shop.customer()
    assert shop.tier(mina) == (None, None)
    shop.buys(mina, 4)
    assert shop.tier(mina) == ("bronze", "Bronze: 4 purchases in 12 months")
    shop.buys(mina, 5, days_ago=366)
    assert shop.tier(mina)[0] == "bronze"
    shop.buys(mina, 1, days_ago=364)
    assert shop.tier(mina) == ("silver", "Silver: 5 purchases in 12 months")
    shop.buys(mina, 5, currency="IRR")
    assert shop.tier(mina) == ("gold", "Gold: 10 purchases in 12 months")


def test_tiers_are_read_and_written_whole(shop: Shop) -> None:
    first = shop.app.send("GET", "/tiers")
    assert [one["code"] for one in first.json()] == ["gold", "silver", "bronze"]
    assert [one["benefits"]["queue_boost"] for one in first.json()] == [120, 60, 0]
    assert [one["name"] for one in shop.app.send("GET", "/tiers", **{"Accept-Language": "fa"}).json()] == [
        "طلایی",
        "نقره‌ای",
        "برنزی",
    ]
    rule = {"window_days": 30, "spent": usd(5000), "cash_share": 0.5, "years": 2, "large_order": usd(100)}
    sent = [tier("b", 2), tier("a", 1, rule, queue_boost=300, discount_percent=10, own_agent=True)]
    saved = shop.puts(*sent, **{"If-Match": first.headers["etag"]})
    assert [one["code"] for one in saved] == ["a", "b"]
    assert saved[0]["rule"] == {**rule, "purchases": None}
    assert saved[0]["benefits"] == {**sent[1]["benefits"], "queue": None}
    assert shop.app.get("/tiers") == saved
    stale = shop.app.send("PUT", "/tiers", sent, **{"If-Match": first.headers["etag"]})
    assert (stale.status_code, stale.json()["present"]) == (412, saved)


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ([tier("a", 1), tier("A", 2)], "#/1/code"),
        ([tier("a", 1), tier("b", 1)], "#/1/rank"),
        ([tier("a", 0)], "#/0/rank"),
        ([tier(" ", 1)], "#/0/code"),
        ([tier("a", 1, queue_boost=301)], "#/0/benefits/queue_boost"),
        ([tier("a", 1, discount_percent=101)], "#/0/benefits/discount_percent"),
        ([tier("a", 1, {"cash_share": 1.1})], "#/0/rule/cash_share"),
        ([tier("a", 1, {"spent": {"amount": 5, "currency": "XYZ"}})], "#/0/rule/spent/currency"),
        ([tier("a", 1, {"spent": {"amount": -5, "currency": "USD"}})], "#/0/rule/spent/amount"),
        ([tier("a", 1, {"colour": "red"})], "#/0/rule/colour"),
        ([tier(f"t{n}", n + 1) for n in range(21)], "#/tiers"),
    ],
)
@pytest.mark.one_engine
def test_what_is_no_tier_is_refused_with_its_place(shop: Shop, wrong: list[object], pointer: str) -> None:
    for method, path in (("PUT", "/tiers"), ("POST", "/tiers/preview")):
        response = shop.app.send(method, path, wrong)
        assert response.status_code == 422, response.text
        assert pointer in [one["pointer"] for one in response.json()["errors"]]


def test_a_change_of_the_rules_moves_everybody_and_the_preview_says_so(shop: Shop) -> None:
    mina, leo, ana = (shop.customer(name) for name in ("Mina", "Leo", "Ana"))
    shop.buys(mina, 3)
    shop.buys(leo, 12)
    pinned = shop.customer("Pia", tier="gold")
    wanted = (tier("top", 1, {"spent": usd(10000)}), tier("all", 5))
    preview = shop.app.send("POST", "/tiers/preview", list(wanted))
    assert preview.status_code == 200, preview.text
    moves = {(move["from"], move["to"]): move["customers"] for move in preview.json()["moves"]}
    assert (moves, preview.json()["customers"]) == (
        {("bronze", "all"): 1, ("gold", "top"): 1, (None, "all"): 1},
        4,
    )
    assert shop.tier(mina)[0] == "bronze"
    shop.puts(*wanted)
    assert shop.tier(mina) == ("all", "All: every customer")
    assert shop.tier(leo) == ("top", "Top: $120 in all")
    assert shop.tier(ana) == ("all", "All: every customer")
    assert shop.tier(shop.customer("New"))[0] == "all"
    assert shop.tier(pinned) == ("gold", "Gold: set by hand")


def test_a_tier_set_by_hand_stays_until_it_is_cleared(shop: Shop) -> None:
    mina = shop.customer(tier="bronze")
    shop.buys(mina, 20)
    assert shop.tier(mina) == ("bronze", "Bronze: set by hand")
    assert shop.app.send("PATCH", f"/customers/{mina}", {"name": "Mina H."}).json()["tier"] == "bronze"
    cleared = shop.app.send("PATCH", f"/customers/{mina}", {"tier": None})
    assert (cleared.json()["tier"], cleared.json()["tier_reason"]) == (
        "gold",
        "Gold: 20 purchases in 12 months",
    )
    shop.app.send("PATCH", f"/customers/{mina}", {"tier": "Friend of the house"[:16]})
    assert shop.tier(mina) == ("Friend of the ho", "Friend of the ho: set by hand")
