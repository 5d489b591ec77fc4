"""The page of parts is alive: every part and every state of the desk is drawn by what draws it in earnest."""

from urllib.parse import quote

import pytest

from callcrm.desk.samples import STAGES
from tests.desk.visitor import visit, words
from tests.house import House

pytestmark = pytest.mark.engine("sqlite")


@pytest.mark.parametrize("language", ["en", "fa"])
def test_every_part_is_drawn(house: House, language: str) -> None:
    page = visit(house, "Ana Lane", language=language).see("/parts")
    assert page.count('class="player-line"') >= 1
    assert "Hard of hearing" in words(page)


@pytest.mark.parametrize("state", STAGES)
@pytest.mark.parametrize("language", ["en", "fa"])
def test_every_state_of_the_desk_is_drawn(house: House, language: str, state: str) -> None:
    page = visit(house, "Ana Lane", language=language).see(f"/parts/desk/{quote(state)}")
    assert page.count("<main") == 1


def test_a_state_that_is_none_is_not_found(house: House) -> None:
    assert visit(house, "Ana Lane").get("/parts/desk/nothing").status_code == 404
