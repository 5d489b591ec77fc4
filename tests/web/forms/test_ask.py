"""A question from outside: a promise in the right list, taken once, and never more than five an hour."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from callcrm.agents import users
from callcrm.business import modules
from callcrm.crm import merge
from callcrm.crm.forms import origins, submissions
from callcrm.crm.promises.noun import linked
from callcrm.crm.seams import SEAMS
from callcrm.store.store import Store, StoreDown, StoreUndecided
from tests.clocks import SetClock
from tests.running import LINE
from tests.running_app import RunningApp
from tests.web.forms.visitor import PHONE, Outsider
from tests.web.support.page_client import do, page_text, sign_in


def promises(app: RunningApp) -> list[Any]:
    """All promises, newest first."""
    return list(app.get("/promises")["items"])


def test_it_is_the_customers_own_agents_if_the_number_is_certain(app: RunningApp, outsider: Outsider) -> None:
    ana = sign_in(app, "Ana Lane")
    mina = app.send("POST", "/customers", {"name": "Mina Halloran", "phones": [PHONE]}).json()["id"]
    sign_in(app, "Grace", "supervisor").post(
        f"/customers/{mina}", {"name": "Mina Halloran", "numbers": PHONE, "owner": ana.id}
    )
    response = outsider.ask(phone="(202) 555-0134")
    assert response.status_code == 200
    assert "It is on somebody’s desk now." in page_text(response.text)
    (promise,) = promises(app)
    assert (promise["kind"], promise["state"], promise["phone"]) == ("question", "open", PHONE)
    assert (promise["customer"]["id"], promise["owner"]["id"]) == (mina, ana.id)
    (entry,) = app.get(f"/customers/{mina}/history", kind="promise")["items"]
    assert entry["promise"]["id"] == promise["id"]
    assert "Do you mend rugs?" in page_text(ana.get_page("/promises?whose=mine"))


def test_a_number_of_two_is_nobodys_and_keeps_the_name(app: RunningApp, outsider: Outsider) -> None:
    for name in ("Mina Halloran", "Omar Halloran"):
        app.send("POST", "/customers", {"name": name, "phones": [PHONE]})
    outsider.ask()
    (promise,) = promises(app)
    assert (promise["customer"], promise["owner"]) == (None, None)
    grace = sign_in(app, "Grace", "supervisor")
    assert "Mina Halloran: Do you mend rugs?" in page_text(grace.get_page("/promises?whose=nobody"))


def test_a_number_of_ours_is_nobodys(app: RunningApp, outsider: Outsider) -> None:
    app.send("POST", "/customers", {"name": "Ourselves", "phones": [LINE]})
    outsider.ask(phone=LINE)
    assert promises(app)[0]["customer"] is None


def test_else_it_is_whoevers_on_duty_and_has_least_to_do(
    app: RunningApp, outsider: Outsider, clock: SetClock
) -> None:
    ana, ben = app.hire("Ana", "+12025550101"), app.hire("Ben", "+12025550102")
    app.hire("Idle", "+12025550103", available=False)
    for n in range(4):
        clock.advance(1)
        assert outsider.ask(f"Question {n}", phone=f"+1202555014{n}").status_code == 200
    owners = [promise["owner"]["id"] for promise in promises(app)]
    assert owners[:2] == owners[2:]
    assert set(owners) == {ana, ben}


def test_who_speaks_the_language_gets_it(app: RunningApp, outsider: Outsider) -> None:
    app.hire("Ana", "+12025550101")
    dara = app.hire("Dara", "+12025550102")
    assert app.send("PATCH", f"/agents/{dara}", {"languages": ["fa"]}).status_code == 200
    for n in range(2):
        fields = {"phone": PHONE, "text": f"سؤال {n}", "name": ""}
        assert outsider.send("/ask?lang=fa", fields).status_code == 200
    assert {promise["owner"]["id"] for promise in promises(app)} == {dara}


def test_a_disabled_owner_gets_nothing(app: RunningApp, outsider: Outsider, clock: SetClock) -> None:
    ana = sign_in(app, "Ana Lane")
    mina = app.send("POST", "/customers", {"name": "Mina", "phones": [PHONE]}).json()["id"]
    sign_in(app, "Grace", "supervisor").post(
        f"/customers/{mina}", {"name": "Mina", "numbers": PHONE, "owner": ana.id}
    )
    do(app, lambda session: users.disable(session, user_id=ana.id, now=clock.now()))
    outsider.ask()
    assert promises(app)[0]["owner"] is None


def test_the_same_is_taken_once(app: RunningApp, outsider: Outsider, clock: SetClock) -> None:
    for _ in range(8):
        assert outsider.ask("Do you  mend rugs?").status_code == 200
    assert outsider.ask("Do you mend\nrugs?").status_code == 200
    assert len(promises(app)) == 1
    clock.advance(11 * 60)
    outsider.ask("Do you mend rugs?")
    assert len(promises(app)) == 2


def test_five_an_hour_from_one_address_and_only_what_was_taken_counts(
    app: RunningApp, outsider: Outsider, clock: SetClock
) -> None:
    for n in range(5):
        assert outsider.ask("").status_code == 422
        assert outsider.ask(f"Question {n}").status_code == 200
    late = outsider.ask("One more")
    assert (late.status_code, late.headers["retry-after"]) == (429, "3600")
    assert "One more" in late.text
    assert "That was a lot from one address." in page_text(late.text)
    assert len(promises(app)) == 5
    assert Outsider(app, "203.0.113.8").ask("Another address").status_code == 200
    clock.advance(3599)
    assert outsider.ask("One more").status_code == 429
    clock.advance(2)
    assert outsider.ask("One more").status_code == 200


def test_addresses_of_one_ipv6_line_are_one_and_a_site_has_its_limit_too(
    app: RunningApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(submissions, "SITE_LIMIT", 7)
    lines = [Outsider(app, f"2001:db8:1:{line}::{host}") for line in (1, 2) for host in range(1, 7)]
    statuses = [outsider.ask(f"Question {n}").status_code for n, outsider in enumerate(lines)]
    assert statuses == [200] * 5 + [429] + [200] * 2 + [429] * 4


def test_many_at_once_are_counted_one_by_one(app: RunningApp, outsider: Outsider) -> None:
    def ask(n: int) -> int:
        return int(outsider.ask(f"Question {n}").status_code)

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(ask, range(16)))
    assert statuses == [200] * 5 + [429] * 11
    assert len(promises(app)) == 5


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"text": " \n"}, "Write what you want to say."),
        ({"text": "x" * 401}, "Please say it in fewer words, or ring us."),
        ({"phone": ""}, "Give us the number at which we can answer you."),
        ({"phone": "12"}, "This is no number that can be rung."),
        ({"name": "x" * 81}, "The name is too long."),
        ({"website": "https://spam.example"}, "only programs fill it in"),
    ],
)
def test_what_is_wrong_is_said_in_place_and_nothing_typed_is_lost(
    app: RunningApp, outsider: Outsider, change: dict[str, str], says: str
) -> None:
    response = outsider.ask(**{"text": "Do you mend <rugs>?", **change})
    assert response.status_code == 422
    assert says in page_text(response.text)
    if "text" not in change:
        assert "Do you mend &lt;rugs&gt;?" in response.text
    assert promises(app) == []


def test_what_is_too_large_or_no_form_is_refused_at_the_door(app: RunningApp, outsider: Outsider) -> None:
    assert outsider.send("/ask", b"text=" + b"x" * 40_000).status_code == 413
    assert outsider.send("/ask", b"{}", **{"Content-Type": "application/json"}).status_code == 422
    assert outsider.send("/ask", b"text=%FF%FE&phone=%00").status_code == 422
    assert promises(app) == []


def test_control_characters_do_not_come_through(app: RunningApp, outsider: Outsider) -> None:
    text = "Do\u0000 you\r\nmend \u202ereversed\u0007 rugs\u2028now"
    assert outsider.ask(text, name="Mina\u0000\r\n\u202d Halloran").status_code == 200
    grace = sign_in(app, "Grace", "supervisor")
    page = grace.get_page("/promises?whose=all")
    assert not set("\u0000\u0007\u2028") & set(page)
    assert "Mina \u202d Halloran" in page or "Mina \u202d" in page
    assert page.count("\u202e") <= page.count("\u202c")


def test_the_page_has_no_cookie_no_script_and_both_languages(app: RunningApp, outsider: Outsider) -> None:
    english = outsider.get("/ask", **{"Accept-Language": "de, en;q=0.5"})
    persian = outsider.get("/ask", **{"Accept-Language": "fa-IR,fa;q=0.9"})
    assert (english.status_code, persian.status_code) == (200, 200)
    assert 'lang="en"' in english.text
    assert 'lang="fa" dir="rtl"' in persian.text
    assert 'lang="fa" dir="rtl"' in outsider.get("/ask?lang=fa").text
    assert 'lang="en"' in outsider.get("/ask?lang=xx").text
    assert "<script" not in english.text
    policy = english.headers["content-security-policy"]
    assert "script-src" not in policy
    assert policy.startswith("default-src 'none'")
    assert policy.endswith("frame-ancestors 'none'")
    assert {'name="name"', 'name="phone"', 'name="text"'} <= set(english.text.split())


def test_only_pages_that_the_business_names_may_frame_it(
    app: RunningApp, outsider: Outsider, clock: SetClock
) -> None:
    names = ["https://shop.example", "http://localhost:8000"]
    do(app, lambda session: origins.put(session, names, by=None, now=clock.now()))
    policy = outsider.get("/ask").headers["content-security-policy"]
    assert policy.endswith("frame-ancestors http://localhost:8000 https://shop.example")
    assert outsider.ask().headers["content-security-policy"] == policy


def test_switched_off_it_is_not_there(app: RunningApp, outsider: Outsider, clock: SetClock) -> None:
    do(app, lambda session: modules.switch_off(session, ["forms"], by=None, now=clock.now()))
    assert outsider.get("/ask").status_code == 404
    assert outsider.ask().status_code == 404
    assert promises(app) == []
    do(app, lambda session: modules.switch_off(session, [], by=None, now=clock.now()))
    assert outsider.ask().status_code == 200


def away(fault: type[StoreDown]) -> Callable[..., Any]:
    """What a store does that is away."""

    async def fail(*_arguments: object, **_options: object) -> Any:
        raise fault("The store is away.")

    return fail


@pytest.mark.parametrize("fault", [StoreDown, StoreUndecided])
def test_without_the_store_it_says_so_and_keeps_what_was_typed(
    app: RunningApp, outsider: Outsider, monkeypatch: pytest.MonkeyPatch, fault: type[StoreDown]
) -> None:
    outsider.get("/ask")
    monkeypatch.setattr(Store, "write", away(fault))
    response = outsider.ask("Do you mend rugs?")
    assert response.status_code == 503
    text = page_text(response.text)
    assert f'href="tel:{LINE}"' in response.text
    assert "Do you mend rugs?" in text
    assert ("Nobody can say yet whether that was saved." in text) == (fault is StoreUndecided)
    monkeypatch.setattr(Store, "read", away(StoreDown))
    assert outsider.get("/ask").status_code == 503
    assert f'href="tel:{LINE}"' in outsider.get("/ask").text
    monkeypatch.undo()
    assert outsider.ask("Do you mend rugs?").status_code == 200
    assert len(promises(app)) == 1


def test_what_was_taken_is_forgotten_after_an_hour(
    app: RunningApp, outsider: Outsider, clock: SetClock
) -> None:
    outsider.ask()
    later = clock.now() + timedelta(hours=1, seconds=1)
    assert do(app, lambda session: submissions.delete_old(session, later)) == 1


def test_who_asked_is_still_owed_the_answer_as_a_customer_and_after_a_merge(
    app: RunningApp, outsider: Outsider, clock: SetClock
) -> None:
    outsider.ask()
    mina, twin = (
        app.send("POST", "/customers", {"name": "Mina Halloran", "phones": phones}).json()["id"]
        for phones in ([PHONE], [])
    )
    do(app, lambda session: linked(session, mina, clock.now()))
    (promise,) = promises(app)
    assert (promise["customer"]["id"], promise["state"]) == (mina, "open")
    do(app, lambda session: merge.move(session, SEAMS, mina, twin))
    (promise,) = promises(app)
    assert (promise["customer"]["id"], promise["state"]) == (twin, "open")
