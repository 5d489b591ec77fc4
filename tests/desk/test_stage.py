"""The stage over HTTP."""

from tests.desk.visitor import visit, words
from tests.house import House


def test_an_agent_without_a_call_rests(house: House) -> None:
    ana = visit(house, "Ana Lane", number="+12025550101", available=True)
    assert "You are available" in words(ana.see("/desk"))
