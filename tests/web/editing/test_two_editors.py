"""Two edit the same on pages: what one changed is put together, what both changed is shown side by side."""

import pytest
from sqlmodel import Session

from callcrm.customers import customers
from callcrm.models import Customer
from tests.clocks import CLOCK
from tests.running_app import RunningApp
from tests.web.editing.conftest import fields_of
from tests.web.support.page_client import PageClient, do, page_text

pytestmark = pytest.mark.one_engine

MINA = "+12025550134"


@pytest.fixture
def mina(app: RunningApp) -> str:
    """A customer with one number."""

    def add(session: Session) -> str:
        fields: customers.Changes = {"name": "Mina", "phones": [MINA], "language": "en"}
        return customers.create(session, fields, region="US", own=(), now=CLOCK.now()).id

    return str(do(app, add))


def stored(app: RunningApp, customer: str) -> tuple[str, str | None, str | None, list[str]]:
    """Name, language, tier and numbers of a customer."""

    def read(session: Session) -> tuple[str, str | None, str | None, list[str]]:
        row = session.get_one(Customer, customer)
        return row.name, row.language, row.tier, customers.phones_of(session, [customer])[customer]

    result: tuple[str, str | None, str | None, list[str]] = do(app, read)
    return result


def test_a_save_in_between_stays_where_the_other_form_did_not_touch_it(
    app: RunningApp, ana: PageClient, ben: PageClient, mina: str
) -> None:
    path = f"/customers/{mina}"
    opened = [fields_of(client.get_page(f"{path}/edit"), path) for client in (ana, ben)]
    assert ana.post(path, opened[0] | {"tier": "gold", "numbers": f"{MINA}\n+12025550162"}).status_code == 303
    assert ben.post(path, opened[1] | {"name": "Mina Halloran"}).status_code == 303
    assert stored(app, mina) == ("Mina Halloran", "en", "gold", [MINA, "+12025550162"])


@pytest.mark.parametrize("choice", ["sent", "stored"])
def test_what_both_changed_is_shown_side_by_side_and_chosen(
    app: RunningApp, ana: PageClient, ben: PageClient, mina: str, choice: str
) -> None:
    path = f"/customers/{mina}"
    opened = fields_of(ben.get_page(f"{path}/edit"), path)
    ana.post(path, fields_of(ana.get_page(f"{path}/edit"), path) | {"name": "Mina H.", "tier": "gold"})
    both = ben.post(path, opened | {"name": "Mina Halloran", "language": "fa"})
    assert both.status_code == 409
    assert stored(app, mina) == ("Mina H.", "en", "gold", [MINA])
    text = page_text(both.text)
    assert "What you chose Mina Halloran" in text
    assert "Stored meanwhile Mina H." in text
    fields = fields_of(both.text, path)
    assert {"choice.name"} == {name for name in opened | fields if name.startswith("choice.")} | {
        "choice.name"
    }
    assert (fields["name"], fields["language"], fields["tier"]) == ("Mina Halloran", "fa", "gold")
    assert ben.post(path, fields | {"choice.name": choice}).status_code == 303
    name = {"sent": "Mina Halloran", "stored": "Mina H."}[choice]
    assert stored(app, mina) == (name, "fa", "gold", [MINA])


def test_a_third_save_while_one_chooses_is_shown_too(
    app: RunningApp, ana: PageClient, ben: PageClient, mina: str
) -> None:
    path = f"/customers/{mina}"
    opened = fields_of(ben.get_page(f"{path}/edit"), path)
    for name in ("Mina B.", "Mina C."):
        ana.post(path, fields_of(ana.get_page(f"{path}/edit"), path) | {"name": name})
        both = ben.post(path, opened | {"name": "Mina Halloran", "choice.name": "sent"})
        assert both.status_code == 409
        assert f"Stored meanwhile {name}" in page_text(both.text)
        opened = fields_of(both.text, path)
    assert ben.post(path, opened | {"choice.name": "sent"}).status_code == 303
    assert stored(app, mina)[0] == "Mina Halloran"


def test_a_number_in_another_spelling_is_no_change(
    app: RunningApp, ana: PageClient, ben: PageClient, mina: str
) -> None:
    path = f"/customers/{mina}"
    opened = fields_of(ben.get_page(f"{path}/edit"), path)
    ana.post(path, fields_of(ana.get_page(f"{path}/edit"), path) | {"numbers": "+12025550162"})
    assert ben.post(path, opened | {"numbers": "202.555.0134", "tier": "gold"}).status_code == 303
    assert stored(app, mina) == ("Mina", "en", "gold", ["+12025550162"])


def test_a_form_without_a_version_saves_what_it_sends(app: RunningApp, ben: PageClient, mina: str) -> None:
    assert ben.post(f"/customers/{mina}", {"name": "Mina H.", "numbers": MINA}).status_code == 303
    assert stored(app, mina) == ("Mina H.", None, None, [MINA])


def test_a_version_without_what_it_said_undoes_nothing(
    app: RunningApp, ana: PageClient, ben: PageClient, mina: str
) -> None:
    path = f"/customers/{mina}"
    ana.post(path, fields_of(ana.get_page(f"{path}/edit"), path) | {"name": "Mina H."})
    for base in ("", "[1]", "{", '{"name": 1}'):
        fields = {"name": "Mina Halloran", "numbers": MINA, "version": "1", "base": base}
        assert ben.post(path, fields).status_code == 409
    assert stored(app, mina)[0] == "Mina H."
