"""The tiers' page: read by agents, changed by supervisors, previewed before, and never overwritten unseen."""

from typing import Any

import pytest

from callcrm.business import tiers as business_tiers
from tests.crm.tiers.conftest import Shop, app, shop
from tests.running_app import RunningApp
from tests.web.editing.conftest import fields_of
from tests.web.support.page_client import PageClient, do, page_text, sign_in

__all__ = ["app", "shop"]
PATH = "/settings/tiers"


@pytest.fixture
def grace(app: RunningApp) -> PageClient:
    return sign_in(app, "Grace", "supervisor")


def stored(app: RunningApp) -> list[Any]:
    return list(do(app, business_tiers.get).items)


def form(client: PageClient, **changes: str) -> dict[str, Any]:
    """The form as it is shown, with these changes; a code is sent once for each tier."""
    page = client.get_page(PATH)
    codes = [line.split('value="')[1].split('"')[0] for line in page.split("<input") if 'name="code"' in line]
    fields = {**fields_of(page, PATH), "code": codes, "do": "save"}
    return {**fields, **{name.replace("__", "."): value for name, value in changes.items()}}


def test_agents_read_the_tiers_and_can_not_change_them(app: RunningApp) -> None:
    ana = sign_in(app, "Ana")
    text = page_text(ana.get_page(PATH))
    assert "Gold at least 10 purchases in 12 months; comes up to 2 minutes sooner" in text
    assert "Save" not in text
    assert ana.post(PATH, {"do": "save"}).status_code == 403
    leila = sign_in(app, "Leila", language="fa")
    assert "دست‌کم ۱۰ خرید در ۱۲ ماه" in page_text(leila.get_page(PATH))


def test_a_supervisor_changes_a_tier(app: RunningApp, grace: PageClient, shop: Shop) -> None:
    mina = shop.customer()
    shop.buys(mina, 5, payment="cash")
    typed = {
        "gold__purchases": "۵",
        "gold__spent": "$40",
        "gold__cash": "90%",
        "gold__name": "Best",
        "gold__years": "",
    }
    assert grace.post(PATH, form(grace, **typed)).status_code == 303
    best = stored(app)[0]
    assert (best.code, best.name, best.rule.purchases, best.rule.cash_share) == ("gold", "Best", 5, 0.9)
    assert (best.rule.spent.amount, best.rule.spent.currency) == (4000, "USD")
    assert shop.tier(mina) == ("gold", "Best: 5 purchases, $50, and 100% of it in cash in 12 months")
    page = grace.get_page(f"/customers/{mina}")
    assert "Best: 5 purchases" in page_text(page)
    assert '<span class="tier gold"><bdi>Best</bdi></span>' in page


def test_what_can_not_be_is_said_at_its_field_and_kept_as_typed(app: RunningApp, grace: PageClient) -> None:
    wrong = form(grace, gold__queue_boost="301", silver__spent="much", bronze__name=" ")
    response = grace.post(PATH, wrong)
    assert response.status_code == 422
    for text in ("From 0 to 300 seconds.", "An amount such as 1000 USD.", "A tier needs a name"):
        assert text in page_text(response.text)
    assert fields_of(response.text, PATH)["silver.spent"] == "much"
    assert not do(app, business_tiers.get).stored


def test_what_saving_would_do_is_shown_first(app: RunningApp, grace: PageClient, shop: Shop) -> None:
    shop.buys(shop.customer(), 5)
    shop.buys(shop.customer("Leo"), 2)
    response = grace.post(PATH, form(grace, do="preview", silver__purchases="6", bronze__name="Friend"))
    text = page_text(response.text)
    assert "1 customer: from Silver to Friend" in text
    assert "2 customers were looked at. Nothing is saved yet." in text
    assert not do(app, business_tiers.get).stored
    assert fields_of(response.text, PATH)["silver.purchases"] == "6"


def test_tiers_are_added_moved_and_removed_in_the_form(app: RunningApp, grace: PageClient) -> None:
    added = grace.post(PATH, form(grace, do="add"), **{"HX-Request": "true"}).text
    assert "<html" not in added
    fields = {**form(grace), "code": ["gold", "silver", "bronze", "new-1"], "new-1.name": "Regulars"}
    assert 'value="up gold"' in added
    up = grace.post(PATH, {**fields, "do": "up new-1"}).text
    assert up.index('id="tier-new-1"') < up.index('id="tier-bronze"')
    saved = {**fields, "code": ["gold", "new-1", "bronze"], "do": "save"}
    assert grace.post(PATH, saved).status_code == 303
    assert [(tier.code, tier.rank) for tier in stored(app)] == [("gold", 1), ("regulars", 2), ("bronze", 3)]


def test_two_supervisors_changes_of_two_tiers_are_put_together(app: RunningApp, grace: PageClient) -> None:
    joan = sign_in(app, "Joan", "supervisor")
    of_grace, of_joan = form(grace, gold__purchases="20"), form(joan, silver__purchases="7")
    assert grace.post(PATH, of_grace).status_code == 303
    assert joan.post(PATH, of_joan).status_code == 303
    assert [tier.rule.purchases for tier in stored(app)] == [20, 7, 2]


def test_of_two_changes_of_one_tier_the_second_chooses(app: RunningApp, grace: PageClient) -> None:
    joan = sign_in(app, "Joan", "supervisor")
    of_grace, of_joan = form(grace, gold__purchases="20"), form(joan, gold__purchases="30")
    assert grace.post(PATH, of_grace).status_code == 303
    refused = joan.post(PATH, of_joan)
    assert refused.status_code == 409
    text = page_text(refused.text)
    assert "at least 30 purchases in 12 months" in text
    assert "at least 20 purchases in 12 months" in text
    again = {**of_joan, **fields_of(refused.text, PATH), "code": of_joan["code"], "do": "save"}
    assert joan.post(PATH, {**again, "choice.gold": "stored"}).status_code == 303
    assert stored(app)[0].rule.purchases == 20


def test_set_by_hand_and_returned_to_the_rules(app: RunningApp, shop: Shop) -> None:
    ana, mina = sign_in(app, "Ana"), shop.customer()
    shop.buys(mina, 3)
    path = f"/customers/{mina}"
    assert "Bronze: 3 purchases in 12 months" in page_text(ana.get_page(path))
    assert "To Silver: 2 more purchases" in page_text(ana.get_page(path))
    assert ana.post(f"{path}/tier", {"tier": "gold"}).status_code == 303
    text = page_text(ana.get_page(path))
    assert "Gold: set by hand" in text
    assert "By the rules: Bronze: 3 purchases in 12 months" in text
    assert fields_of(ana.get_page(f"{path}/edit"), path)["tier"] == "gold"
    assert ana.post(f"{path}/tier", {"tier": ""}).status_code == 303
    assert shop.tier(mina)[0] == "bronze"
    assert fields_of(ana.get_page(f"{path}/edit"), path)["tier"] == ""


def test_the_pop_says_why_and_what_for(app: RunningApp, shop: Shop) -> None:
    phone = "+12025550134"
    shop.buys(shop.customer(phones=[phone]), 12)
    app.rings("CA1", phone)
    call = app.get("/calls/CA1")["id"]
    for language, text in (
        ("en", "Gold: 12 purchases in 12 months comes up to 2 minutes sooner"),
        ("fa", "طلایی: ۱۲ خرید در ۱۲ ماه نوبتش تا ۲ دقیقه زودتر می‌رسد"),
    ):
        reader = sign_in(app, f"Reader {language}", language=language)
        assert text in page_text(reader.get_part(f"/desk/card/{call}"))
