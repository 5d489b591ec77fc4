"""A noun that is broken costs no more than what it shows: calls reach agents, and `0` the operator."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields, is_dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import pytest
from sqlmodel import Session, text, update
from starlette.requests import Request

from callcrm.agents.principal import Principal
from callcrm.api.http.context import ApiContext
from callcrm.api.live_frames import Frames
from callcrm.base.money import Money
from callcrm.business import settings
from callcrm.calls.ingest.call_rows import call_id
from callcrm.crm.purchases import purchases
from callcrm.crm.purchases.purchases import NewPurchase
from callcrm.crm.seams import NOUNS, Seams
from callcrm.customers.customers import create
from callcrm.live.kinds import LiveKind
from callcrm.live.listener import Item
from callcrm.models import Agent, Role, Setting
from callcrm.models.conventions import table_of
from tests.clocks import SetClock
from tests.running import OPERATOR
from tests.running_app import RunningApp, open_app, settings_for
from tests.web.desk.test_call_panel import PHONE, add_customer
from tests.web.support.incoming_call import IncomingCall
from tests.web.support.page_client import PageClient, do, page_text, sign_in

CALLER = "+12025550134"
MINA = "Mina Halloran"
MINA_BY_HAND: Any = {"name": MINA, "phones": [CALLER]}
SETTINGS = ("tiers", "modules_off", "fields_hidden", "surveys", "conduct", "complaints", "subjects")
PAGES = ("/desk", "/settings/tiers", "/settings/modules", "/settings/surveys", "/settings/complaints")
NONSENSE = ({"from": "a later version"}, [{"code": [], "more": 1}], 7, "x")


@pytest.fixture
def ana(app: RunningApp) -> PageClient:
    """An available agent."""
    return sign_in(app, "Ana Lane", number=PHONE, available=True)


@contextmanager
def renamed(app: RunningApp, tables: Sequence[str]) -> Iterator[None]:
    """These tables are not there for a while."""

    def rename(session: Session, before: str, after: str) -> None:
        for table in tables:
            session.connection().execute(text(f'ALTER TABLE "{table}{before}" RENAME TO "{table}{after}"'))

    do(app, lambda session: rename(session, "", "_away"))
    try:
        yield
    finally:
        do(app, lambda session: rename(session, "_away", ""))


def served(app: RunningApp, what: object) -> str:
    """The id of a call that rings Ana, for sales was chosen; another, in which 0 was, rang the operator."""
    to_operator = IncomingCall(app, CALLER).through_menus(key="0").dial
    assert to_operator is not None, what
    assert to_operator.rung() == [OPERATOR], what
    do(app, lambda session: session.exec(update(Agent).values(state="available", call_id=None)))
    call = IncomingCall(app, CALLER).through_menus()
    assert call.dial is not None, what
    assert call.dial.rung() == [PHONE], what
    return call_id(call.sid)


def test_calls_reach_people_whichever_tables_are_gone(app: RunningApp, ana: PageClient) -> None:
    add_customer(app, MINA, CALLER)
    # Pages are drawn by the settings, and the desk by promises: without them the call alone goes on.
    tables = {noun.name: [table_of(model).name for model in noun.tables] for noun in NOUNS}
    for noun, names in (tables | {"setting": [table_of(Setting).name]}).items():
        with renamed(app, names):
            call = served(app, noun)
            if noun not in ("setting", "promise"):
                assert MINA in page_text(ana.get_part("/desk/call-panel")), noun
                card = page_text(ana.get_part(f"/desk/card/{call}"))
                assert "Last contacts" in card, noun


def fail(session: object = None, *_: object, **__: object) -> NoReturn:
    """A noun's function that fails, and leaves PostgreSQL's transaction good for nothing."""
    if isinstance(session, Session):
        session.connection().execute(text("SELECT 1 FROM no_such_table"))
    raise RuntimeError("a noun's fault")


def failing(value: Any) -> Any:
    """The same with `fail` for each function that works with the store."""
    if isinstance(value, tuple):
        return tuple(map(failing, value))
    if not is_dataclass(value) or isinstance(value, type):
        return value
    named = {field.name: getattr(value, field.name) for field in fields(value)}
    working = {"load", "run", "call_ended", "linked", "message_received", "differs_for"}
    changed = {name: fail for name, item in named.items() if name in working and item is not None}
    parts = {"pop", "beside_call", "call_page", "customer_page", "customer_fields", "duties"}
    changed |= {name: failing(item) for name, item in named.items() if name in parts}
    return replace(value, **changed)


def test_all_nouns_but_one_may_fail(database_url: str, tmp_path: Path, clock: SetClock) -> None:
    seams = Seams(tuple(noun if noun.name == "purchase" else failing(noun) for noun in NOUNS))
    with open_app(settings_for(database_url, tmp_path / "data"), clock, seams=seams) as app:
        ana = sign_in(app, "Ana Lane", number=PHONE, available=True)
        new = partial(create, fields=MINA_BY_HAND, region="US", own=frozenset(), now=clock.now())
        mina = do(app, lambda session: new(session).id)
        bought = NewPurchase(total=Money(amount=123_400, currency="USD"), at=clock.now())
        do(app, lambda session: purchases.add(session, mina, bought, by=None, now=clock.now())[0].id)
        call = served(app, "all")
        for path in (f"/desk/card/{call}", f"/customers/{mina}"):
            assert "1,234" in page_text(ana.get_page(path)), path
        assert MINA in page_text(ana.get_page(f"/calls/{call}"))
        reader = Principal(ana.id, Role.AGENT, "", "Ana Lane")
        context = ApiContext(Request({"type": "http", "headers": []}), app.services, reader, seams)
        item = Item("1", 1, LiveKind.CALL_OFFERED, call)
        assert app.client.portal is not None
        assert MINA in (app.client.portal.call(Frames().of, context, item) or "")


@pytest.mark.one_engine
def test_a_setting_may_be_nonsense(app: RunningApp, ana: PageClient) -> None:
    admin = sign_in(app, "Grace Hall", role="admin")
    mina = add_customer(app, MINA, CALLER, tier="gold")
    put = partial(settings.put, by=None, now=app.services.clock.now())
    for name in SETTINGS:
        for nonsense in NONSENSE:
            do(app, partial(put, name=name, value=nonsense))
            call = served(app, (name, nonsense))
            assert "Last contacts" in page_text(ana.get_part(f"/desk/card/{call}"))
            for path in PAGES:
                assert admin.get(path).status_code == 200, (name, nonsense, path)
        do(app, partial(put, name=name, value=None))
    assert app.get(f"/customers/{mina}")["tier"] == "gold"
