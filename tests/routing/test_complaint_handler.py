"""The complainant reaches whoever handles the complaint."""

from typing import Any

from sqlmodel import Session

from callcrm.business import modules
from callcrm.models.crm.complaint import Complaint
from callcrm.routing.claim import claim_agent
from callcrm.routing.selection import CallerNeeds
from tests.agents.staffing import NOON, Floor, at, customer, hire

NEEDS = CallerNeeds("new", "sales", "en", customer_id="c1")


def complaint(session: Session, /, name: str, owner: str | None, hour: float = 0, **more: Any) -> None:
    """An open complaint of the customer's."""
    times: dict[str, Any] = {"opened_at": at(hour * 3600), "due_at": at(99999), "created_at": NOON}
    row: dict[str, Any] = {
        "id": name,
        "customer_id": "c1",
        "about": "product",
        "body": "Torn.",
        "search_text": "torn",
    }
    session.add(Complaint(**row, **times, owner_id=owner, **more))


def rung(floor: Floor) -> str | None:
    """Whom the customer's call rings."""
    target = floor.do(claim_agent, NEEDS, at(100))
    return target.agent if target else None


def staffed(floor: Floor) -> None:
    """Three who serve the queue; ben has been idle longest, and cyn is the customer's own."""
    floor.do(hire, "ben", seconds=1)
    floor.do(hire, "ana", seconds=50)
    floor.do(hire, "cyn", seconds=60)
    floor.do(customer, "c1", owner_id="cyn")


def test_the_handler_of_the_newest_open_complaint_is_rung_first(floor: Floor) -> None:
    staffed(floor)
    floor.do(complaint, "old", "ben", hour=-5)
    floor.do(complaint, "new", "ana", hour=-1)
    floor.do(complaint, "closed", "ben", closed_at=NOON)
    floor.do(complaint, "nobody", None)
    assert rung(floor) == "ana"


def test_without_an_open_one_it_is_their_own_agent(floor: Floor) -> None:
    staffed(floor)
    floor.do(complaint, "closed", "ben", closed_at=NOON)
    assert rung(floor) == "cyn"


def test_a_module_that_is_off_rings_nobody_first(floor: Floor) -> None:
    staffed(floor)
    floor.do(complaint, "new", "ana")
    floor.do(modules.switch_off, ["complaints"], by=None, now=NOON)
    assert rung(floor) == "cyn"
