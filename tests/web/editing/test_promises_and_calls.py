"""Two decide about the same promise, or the same call."""

import json
import re
from typing import Any

import pytest

from callcrm.models import Call, Promise
from tests.running_app import RunningApp
from tests.shop import Shop, at
from tests.web.editing.conftest import fields_of
from tests.web.support.page_client import PageClient, page_text, sign_in, tags_on_one_line

pytestmark = pytest.mark.one_engine

MINA = "+12025550134"
HX: dict[str, Any] = {"HX-Request": "true"}
SEEN = re.compile(r'name="seen" value="([^"]*)"')


@pytest.fixture
def shop(app: RunningApp) -> Shop:
    """Writes customers, calls and promises straight into the store."""
    return Shop(app.services.store)


@pytest.fixture
def promise(shop: Shop) -> str:
    """A promise that is nobody's yet."""
    columns: dict[str, Any] = {"kind": "promised", "what": "Ring.", "due_at": at(60), "created_at": at(-90)}
    return shop.add(Promise(id="prm_1", **columns)).id


def test_an_owner_and_a_time_that_two_set_are_both_set(
    shop: Shop, ana: PageClient, ben: PageClient, promise: str
) -> None:
    path = f"/promises/{promise}/arrange"
    opened = fields_of(ben.get_part(f"/promises/{promise}/edit"), path)
    ana.post(path, fields_of(ana.get_page(f"/promises/{promise}/edit"), path) | {"owner": ana.id})
    assert ben.post(path, opened | {"due": "tomorrow"}, **HX).status_code == 200
    row = shop.get(Promise, promise)
    assert (row.owner_id, row.due_at > at(600)) == (ana.id, True)


@pytest.mark.parametrize("choice", ["sent", "stored"])
def test_two_owners_are_shown_and_one_is_chosen(
    shop: Shop, ana: PageClient, ben: PageClient, promise: str, choice: str
) -> None:
    path = f"/promises/{promise}/arrange"
    opened = fields_of(ben.get_part(f"/promises/{promise}/edit"), path)
    ana.post(path, opened | {"owner": ana.id})
    both = ben.post(path, opened | {"owner": ben.id, "due": "tomorrow"}, **HX)
    assert both.status_code == 409
    assert "What you chose Ben Stored meanwhile Ana" in page_text(both.text)
    fields = fields_of(both.text, path)
    assert (fields["owner"], fields["due"]) == (ben.id, "tomorrow")
    assert ben.post(path, fields | {"choice.owner": choice}, **HX).status_code == 200
    row = shop.get(Promise, promise)
    assert (row.owner_id, row.due_at > at(600)) == ({"sent": ben.id, "stored": ana.id}[choice], True)


def test_two_times_are_shown_also_on_a_page_of_their_own(
    ana: PageClient, ben: PageClient, promise: str
) -> None:
    path = f"/promises/{promise}/arrange"
    opened = fields_of(ben.get_page(f"/promises/{promise}/edit"), path)
    ana.post(path, opened | {"due": "today"})
    both = ben.post(path, opened | {"due": "tomorrow"})
    assert both.status_code == 409
    assert "<html" in both.text
    assert "What you chose" in page_text(both.text)


def test_what_somebody_closed_meanwhile_is_not_closed_otherwise(
    shop: Shop, ana: PageClient, ben: PageClient, promise: str
) -> None:
    kept, drop = f"/promises/{promise}/kept", f"/promises/{promise}/drop"
    opened = fields_of(ben.get_page("/promises?whose=all"), drop)
    assert ana.post(kept, fields_of(ana.get_page("/promises?whose=all"), kept), **HX).status_code == 200
    refused = ben.post(drop, opened, **HX)
    assert refused.status_code == 409
    assert "This was kept meanwhile." in page_text(refused.text)
    assert ben.post(drop, opened).status_code == 409
    assert (shop.get(Promise, promise).state, shop.get(Promise, promise).decided_by) == ("kept", ana.id)
    assert ben.post(kept, opened, **HX).status_code == 200
    assert shop.get(Promise, promise).decided_by == ana.id


def test_a_disposition_two_chose_is_chosen_again(shop: Shop, ana: PageClient, ben: PageClient) -> None:
    call = shop.answered(MINA)
    path = f"/calls/{call}/disposition"
    opened = fields_of(ben.get_page(f"/calls/{call}"), path)
    ana.post(path, opened | {"disposition": "order_taken"})
    both = ben.post(path, opened | {"disposition": "other"})
    assert both.status_code == 409
    assert "What you chose Something else Stored meanwhile Order taken" in page_text(both.text)
    assert shop.get(Call, call).disposition == "order_taken"
    assert ben.post(path, fields_of(both.text, path) | {"disposition": "other"}).status_code == 303
    assert shop.get(Call, call).disposition == "other"


def marks(page: str, *calls: str) -> dict[str, Any]:
    """What the list sends once these calls are marked."""
    seen = [seen for seen in SEEN.findall(tags_on_one_line(page)) if seen.split(" ")[0] in calls]
    assert len(seen) == len(calls)
    return {"call": list(calls), "seen": seen, "back": "/calls?when=week"}


def test_for_many_calls_at_once_no_disposition_chosen_meanwhile_is_written_over(
    shop: Shop, ana: PageClient, ben: PageClient
) -> None:
    free, taken, agreed = (shop.answered(f"+1202555013{n}") for n in range(3))
    opened = marks(ben.get_page("/calls?when=all"), free, taken, agreed)
    for call, code in ((taken, "order_taken"), (agreed, "other")):
        ana.post(f"/calls/{call}/disposition", {"disposition": code})
    both = ben.post("/calls/ended", {**opened, "disposition": "other"})
    assert both.status_code == 409
    assert "What you chose Something else Stored meanwhile Order taken" in page_text(both.text)
    assert page_text(both.text).count("What you chose") == 1
    assert [shop.get(Call, call).disposition for call in (free, taken)] == [None, "order_taken"]
    for choice, code in (("stored", "order_taken"), ("sent", "other")):
        again = {**marks(both.text, free, taken, agreed), "disposition": "other", f"choice.{taken}": choice}
        assert ben.post("/calls/ended", again).status_code == 303
        stored = [shop.get(Call, call).disposition for call in (free, taken, agreed)]
        assert stored == ["other", code, "other"]


def test_a_choice_among_two_dispositions_is_asked_again_if_there_is_a_third(
    shop: Shop, ana: PageClient, ben: PageClient
) -> None:
    call = shop.answered(MINA)
    opened = marks(ben.get_page("/calls?when=all"), call)
    ana.post(f"/calls/{call}/disposition", {"disposition": "order_taken"})
    both = ben.post("/calls/ended", {**opened, "disposition": "other"})
    ana.post(f"/calls/{call}/disposition", {"disposition": "complaint_taken"})
    again = {**marks(both.text, call), "disposition": "other", f"choice.{call}": "sent"}
    third = ben.post("/calls/ended", again)
    assert third.status_code == 409
    assert "Stored meanwhile Complaint taken" in page_text(third.text)


def test_a_script_is_told_of_the_other_disposition(shop: Shop, ana: PageClient, ben: PageClient) -> None:
    call = shop.answered(MINA)
    path = f"/calls/{call}/disposition"
    ana.post(path, {"disposition": "order_taken"})
    fields = {"disposition": "other", "version": "seen", "base": json.dumps({"disposition": ""})}
    both = ben.post(path, fields, **HX)
    assert (both.status_code, both.json()["stored"]) == (409, "order_taken")
    assert both.json()["message"].startswith(
        "You chose “Something else”, and meanwhile somebody else “Order taken”."
    )
    assert ben.post(path, fields | {"base": both.json()["base"]}, **HX).status_code == 204


def test_a_call_two_gave_to_different_customers_is_given_by_choice(
    app: RunningApp, shop: Shop, ana: PageClient, ben: PageClient
) -> None:
    names = ("Rosa", "Paul")
    rosa, paul = (
        app.send("POST", "/customers", {"name": name, "phones": [MINA]}).json()["id"] for name in names
    )
    call = shop.answered(MINA)
    path = f"/calls/{call}/customer"
    opened = fields_of(ben.get_page(f"/calls/{call}"), path)
    ana.post(path, opened | {"customer": rosa})
    both = ben.post(path, opened | {"customer": paul})
    assert both.status_code == 409
    assert "What you chose Paul Stored meanwhile Rosa" in page_text(both.text)
    assert shop.get(Call, call).customer_id == rosa
    desk = ben.post(f"/desk{path}", opened | {"customer": paul}, **HX)
    assert "Somebody else chose for this call meanwhile." in page_text(desk.text)
    assert shop.get(Call, call).customer_id == rosa
    ben.post(path, fields_of(both.text, path) | {"customer": paul})
    assert shop.get(Call, call).customer_id == paul


def test_a_supervisor_opens_an_agents_promise_by_its_address(app: RunningApp, promise: str) -> None:
    assert "Ring." in sign_in(app, "Sara", "supervisor").get_page(f"/promises/{promise}/edit")
