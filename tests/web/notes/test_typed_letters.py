"""No letter that a form's user can't even see refuses what they typed."""

import pytest
from sqlmodel import select

from callcrm.models import Customer, CustomerPhone, Note, Promise, User
from tests.running_app import RunningApp
from tests.shop import Shop
from tests.web.support.page_client import CONFIRM, PageClient, sign_in

PASTED = "Le\0ila\x0b"


@pytest.fixture
def boss(app: RunningApp) -> PageClient:
    return sign_in(app, "Bo Lind", role="admin", number="+12025550111")


def test_a_customer_is_saved_whatever_was_pasted(boss: PageClient) -> None:
    fields = {"name": PASTED, "numbers": "+1202555\x000123\n", "tier": "go\0ld"}
    assert boss.post("/customers", fields).status_code == 303
    with_phone = select(Customer.name, Customer.tier, CustomerPhone.e164).join(CustomerPhone)
    assert boss.app.services.store.read_now(lambda session: session.exec(with_phone).all()) == [
        ("Leila", "gold", "+12025550123")
    ]


def test_a_note_and_a_promise_are_kept_whatever_was_pasted(boss: PageClient) -> None:
    shop = Shop(boss.app.services.store)
    customer = shop.customer("Leila", "+12025550123")
    call = shop.call("+12025550123")
    assert boss.post(f"/customers/{customer}/notes", {"body": PASTED}).status_code == 303
    assert boss.post(f"/calls/{call}/notes", {"body": PASTED}).status_code == 303
    promised = {"what": PASTED, "due": "tomorrow"}
    assert boss.post(f"/calls/{call}/promises", promised).status_code == 303
    read = boss.app.services.store.read_now
    assert read(lambda session: {*session.exec(select(Note.body))}) == {"Leila", "Leila\x0b"}
    assert read(lambda session: [*session.exec(select(Promise.what))]) == ["Leila"]


def test_a_colleague_is_added_whatever_was_pasted(boss: PageClient) -> None:
    fields = {"name": PASTED, "email": "le\0ila@example.test", "role": "agent"}
    assert boss.post("/settings/users", {**fields, **CONFIRM}).status_code in (200, 201, 303)
    names = boss.app.services.store.read_now(lambda session: [*session.exec(select(User.name))])
    assert "Leila" in names


def test_a_role_that_is_none_is_said_so_beside_the_stored_one(boss: PageClient) -> None:
    """The form is of an older version than what is stored, so both values are shown."""
    older = {"version": "0.0", "base": '{"role": "supervisor", "name": "Bo"}'}
    fields = older | {"name": "Bo", "role": "emperor", "number": ""}
    assert boss.post(f"/settings/users/{boss.id}", fields).status_code in (409, 412, 422)


def test_a_form_whose_base_is_none_is_saved_as_one_without(boss: PageClient) -> None:
    for base in ("[" * 100_000, "9" * 5000, "{"):
        fields = {"version": "0.0", "base": base, "name": "Bo", "role": "admin", "number": "", "email": ""}
        assert boss.post(f"/settings/users/{boss.id}", fields).status_code < 500
