"""What is switched off is on no page, in no answer and in no figure; switched on, it is all back."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select
from starlette.routing import Route

from callcrm import web
from callcrm.api.all_endpoints import ENDPOINTS
from callcrm.api.http.endpoints import Endpoint
from callcrm.crm.noun import CallPart, Noun, Part
from callcrm.crm.seams import SEAMS
from callcrm.models import AuditEntry
from callcrm.web.routes import RouteRule
from tests.running_app import RunningApp, open_app, settings_for
from tests.web.support.page_client import PageClient, do, page_text, sign_in

pytestmark = pytest.mark.one_engine

PHONE = "+12025550134"
MODULES = [module.name for module in SEAMS.modules]
PARAMETER = re.compile(r"\{[^}]+\}")
# Endpoints in the folder of nouns that no module has: what is owed, and what requests are about, always are.
ALWAYS = (
    *("/promises", "/calls/{id}/promises", "/promises/{id}", "/subjects"),
    *("/imports", "/imports/{id}", "/imports/{id}/undo"),
)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """One app for all: each test switches on again what it has switched off."""
    folder: Path = tmp_path_factory.mktemp("modules")
    with open_app(settings_for(f"sqlite:///{folder}/callcrm.sqlite3", folder / "data")) as app:
        yield app


@pytest.fixture(scope="module")
def ada(app: RunningApp) -> PageClient:
    """Ada, who may do everything."""
    return sign_in(app, "Ada", "admin")


@pytest.fixture(scope="module")
def mina(app: RunningApp) -> str:
    """A customer who rings."""
    response = app.send("POST", "/customers", {"name": "Mina Halloran", "phones": [PHONE]})
    app.rings("CA1", PHONE)
    return str(response.json()["id"])


def nouns_of(module: str) -> list[Noun]:
    return [noun for noun in SEAMS.nouns if noun.module and noun.module.name == module]


def endpoints_of(module: str) -> list[Endpoint]:
    return [endpoint for endpoint in ENDPOINTS if endpoint.module == module]


def routes_of(module: str) -> list[tuple[str, str]]:
    """Method and path of the module's pages."""
    return [
        (next(iter((route.methods or set()) - {"HEAD"})), route.path)
        for route in web.routes
        if isinstance(route, Route)
        if isinstance(rule := getattr(route.endpoint, "rule", None), RouteRule) and rule.module == module
    ]


def switch(app: RunningApp, module: str, *, on: bool) -> None:
    response = app.send("PUT", "/modules", [{"name": module, "on": on}])
    assert response.status_code == 200, response.text
    assert {row["name"]: row["on"] for row in response.json()}[module] is on


@pytest.fixture
def off(app: RunningApp, request: pytest.FixtureRequest) -> Iterator[str]:
    """The module, switched off for the test."""
    switch(app, request.param, on=False)
    yield request.param
    switch(app, request.param, on=True)


def is_gone(response: Any) -> bool:
    return bool(response.status_code == 404 and "switched off" in response.text)


each_off = pytest.mark.parametrize("off", MODULES, indirect=True)


@each_off
def test_its_endpoints_are_gone(app: RunningApp, off: str) -> None:
    for endpoint in endpoints_of(off):
        response = app.send(endpoint.method, PARAMETER.sub("nothing", endpoint.path), {})
        assert is_gone(response), (endpoint.method, endpoint.path, response.status_code)


@each_off
def test_its_pages_are_gone_also_from_the_navigation(app: RunningApp, ada: PageClient, off: str) -> None:
    for method, path in routes_of(off):
        address = PARAMETER.sub("nothing", path)
        response = ada.get(address) if method == "GET" else ada.post(address, {})
        assert is_gone(response), (method, path, response.status_code)
    page = ada.get_page("/settings/modules")
    for noun in nouns_of(off):
        for entry in (*noun.pages, *noun.settings):
            assert f'href="{entry.path}"' not in page


@each_off
def test_nothing_of_it_is_beside_the_call_or_on_the_customers_page(
    app: RunningApp, ada: PageClient, mina: str, off: str
) -> None:
    call = app.get("/calls/CA1")["id"]
    pages = [
        ada.get_page(f"/calls/{call}"),
        ada.get_page(f"/customers/{mina}"),
        ada.get_part(f"/desk/card/{call}"),
    ]
    for noun in nouns_of(off):
        for action in noun.call_actions:
            assert not any(f'"{action.path}?call=' in page for page in pages)
        for kind in noun.history:
            assert not any(f"?show={kind.name}" in page for page in pages)
    seams = SEAMS.without(frozenset({off}))
    left = {part.template for part in (*seams.pop_parts, *seams.customer_parts)}
    left |= {part.template for part in (*seams.call_parts, *seams.call_page_parts)}
    for noun in nouns_of(off):
        parts: list[Part | CallPart | None] = [noun.pop, noun.customer_page, noun.beside_call, noun.call_page]
        own = {part.template for part in parts if part}
        assert own.isdisjoint(left)


@each_off
def test_nothing_of_it_is_in_histories_customers_searches_and_figures(
    app: RunningApp, ada: PageClient, mina: str, off: str
) -> None:
    customer = app.get(f"/customers/{mina}")
    seams = SEAMS.without(frozenset({off}))
    calls_page = page_text(ada.get_page("/calls"))
    english = app.services.locales["en"]
    for noun in nouns_of(off):
        for kind in noun.history:
            response = app.send("GET", f"/customers/{mina}/history?kind={kind.name}")
            assert response.status_code == 400, response.text
        for field in noun.customer_fields:
            assert not customer[field.name], field.name
        for measure in noun.measures:
            assert measure.key not in seams.measures
            assert f" {measure.name(english)} " not in f" {calls_page} "
        assert noun.name not in seams.exports
        if noun.search:
            assert noun.search not in seams.search_kinds


@pytest.mark.parametrize("module", MODULES)
def test_switched_on_it_is_all_back(app: RunningApp, ada: PageClient, module: str) -> None:
    for endpoint in endpoints_of(module):
        response = app.send(endpoint.method, PARAMETER.sub("nothing", endpoint.path), {})
        assert not is_gone(response), endpoint.path
    for method, path in routes_of(module):
        address = PARAMETER.sub("nothing", path)
        assert not is_gone(ada.get(address) if method == "GET" else ada.post(address, {})), path
    for noun in nouns_of(module):
        for entry in noun.pages + noun.settings:
            assert ada.get(entry.path).status_code == 200


def test_what_a_noun_offers_belongs_to_its_module() -> None:
    """A route that forgot its module would stay when the module is off."""
    rules = {
        route.path: rule.module
        for route in web.routes
        if isinstance(route, Route)
        if isinstance(rule := getattr(route.endpoint, "rule", None), RouteRule)
    }
    for noun in SEAMS.nouns:
        module = noun.module.name if noun.module else None
        paths = [entry.path for entry in noun.pages + noun.settings]
        for path in (*paths, *(action.path for action in noun.call_actions)):
            assert rules[path] == module, path
    loose = {
        endpoint.path
        for endpoint in ENDPOINTS
        if endpoint.module is None and endpoint.handler.__module__.startswith("callcrm.api.crm.")
    }
    assert loose <= set(ALWAYS)


def test_each_module_says_which_pages_use_it_in_both_languages(app: RunningApp) -> None:
    modules = {
        language: app.client.get(
            "/api/v1/modules", headers={**app.authorization, "Accept-Language": language}
        )
        for language in ("en", "fa")
    }
    for english, persian in zip(modules["en"].json(), modules["fa"].json(), strict=True):
        assert english.keys() == {"name", "title", "on", "uses"}
        assert english["on"] is True
        assert english["uses"].endswith(".")
        assert (english["title"] != persian["title"], english["uses"] != persian["uses"]) == (True, True)


def test_two_who_switch_at_once_do_not_undo_each_other(app: RunningApp) -> None:
    tag = app.client.get("/api/v1/modules", headers=app.authorization).headers["etag"]
    first = app.send("PUT", "/modules", [{"name": "feedback", "on": False}], **{"If-Match": tag})
    assert (first.status_code, first.headers["etag"] != tag) == (200, True)
    late = app.send("PUT", "/modules", [{"name": "tiers", "on": False}], **{"If-Match": tag})
    assert late.status_code == 412
    assert late.json()["present"] == first.json()
    same = app.send("PUT", "/modules", first.json(), **{"If-Match": first.headers["etag"]})
    assert same.headers["etag"] == first.headers["etag"]
    switch(app, "feedback", on=True)


def test_an_unknown_module_is_refused(app: RunningApp) -> None:
    assert app.send("PUT", "/modules", [{"name": "weather", "on": False}]).status_code == 422
    assert app.send("PUT", "/modules", [{"name": "feedback"}]).status_code == 422


def test_the_page_switches_at_once_and_takes_it_back(app: RunningApp, ada: PageClient) -> None:
    whole = ada.get_page("/settings/modules")
    assert "The customer’s voice" in page_text(whole)
    assert all(f'href="{entry.path}"' in whole for noun in SEAMS.nouns for entry in noun.settings)
    off = ada.post("/settings/modules/feedback", {"state": "off"}, **{"HX-Request": "true"})
    assert "The customer’s voice is switched off. Undo" in page_text(off.text)
    assert 'href="/feedback"' not in off.text
    back = ada.post("/settings/modules/feedback", {"state": "on"}, **{"HX-Request": "true"})
    assert 'href="/feedback"' in back.text
    assert ada.post("/settings/modules/feedback", {"state": "maybe"}).status_code == 404
    assert ada.post("/settings/modules/weather", {"state": "on"}).status_code == 404
    ana = sign_in(app, "Ana")
    assert ana.get("/settings/modules").status_code == 403
    assert ana.post("/settings/modules/feedback", {"state": "off"}).status_code == 403
    entries = do(
        app,
        lambda session: session.exec(select(AuditEntry).where(AuditEntry.subject_id == "feedback")).all(),
    )
    assert {(entry.actor_id, entry.data["on"]) for entry in entries} >= {(ada.id, False), (ada.id, True)}
