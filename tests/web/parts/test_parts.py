"""The page of parts: every part and every state of the desk is rendered by the product's own templates."""

import json
from pathlib import Path
from urllib.parse import quote

import pytest

from callcrm.web.parts.parts import icons
from callcrm.web.parts.samples import PANELS
from tests.running_app import RunningApp
from tests.web.support.page_client import page_text, sign_in

pytestmark = pytest.mark.engine("sqlite")


@pytest.mark.parametrize("language", ["en", "fa"])
def test_every_part_is_rendered(app: RunningApp, language: str) -> None:
    page = sign_in(app, "Ana Lane", language=language).get_page("/parts")
    assert page.count('class="player-line"') >= 1
    assert "Hard of hearing" in page_text(page)


def test_icons_are_those_that_package_json_names(app: RunningApp) -> None:
    named = json.loads((Path(__file__).parents[3] / "package.json").read_text())["icons"]["symbols"]
    page = sign_in(app, "Ana Lane").get_page("/parts")
    assert set(named) == set(icons()), "run make setup"
    assert {name for name in named if f'<symbol id="i-{name}"' in page} == set(named)
    assert {name for name in named if f'href="#i-{name}"' in page} == set(named)


@pytest.mark.parametrize("state", PANELS)
@pytest.mark.parametrize("language", ["en", "fa"])
def test_every_state_of_the_desk_is_rendered(app: RunningApp, language: str, state: str) -> None:
    page = sign_in(app, "Ana Lane", language=language).get_page(f"/parts/desk/{quote(state)}")
    assert page.count("<main") == 1


def test_an_unknown_state_is_404(app: RunningApp) -> None:
    assert sign_in(app, "Ana Lane").get("/parts/desk/nothing").status_code == 404
