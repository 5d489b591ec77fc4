"""What loyalty shows beside a call and on the customer's page."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session

from callcrm.crm.loyalty import faults, objects, offers, programmes, redemptions
from callcrm.crm.loyalty.faults import Fault
from callcrm.crm.loyalty.offers import Saying
from callcrm.crm.noun import Reader

LATELY = 10  # redemptions on the customer's page


@dataclass(frozen=True, slots=True)
class BesideACall:
    """What to say to whoever the call is with, and a fault of ours that wants making up for."""

    customer_id: str
    sayings: Sequence[Saying]
    fault: Fault | None


@dataclass(frozen=True, slots=True)
class OnThePage(BesideACall):
    """All programmes with what the customer has of them, and what was redeemed last."""

    redemptions: Sequence[objects.Redemption]
    names: dict[str, str]


def beside_a_call(session: Session, reader: Reader, customer_id: str) -> BesideACall | None:
    """What can be redeemed now or with this very purchase."""
    shown = [saying for saying in offers.sayings(session, reader, customer_id) if saying.is_next]
    fault = faults.of_customer(session, reader, customer_id)
    return BesideACall(customer_id, shown, fault) if shown or fault else None


def on_the_page(session: Session, reader: Reader, customer_id: str) -> OnThePage | None:
    """All of it; None where there is neither a programme nor anything redeemed."""
    shown = offers.sayings(session, reader, customer_id)
    fault = faults.of_customer(session, reader, customer_id)
    rows = redemptions.find(session, customer=customer_id, limit=LATELY)
    if not (shown or fault or rows):
        return None
    names = programmes.names(session, {row.programme_id for row in rows})
    return OnThePage(customer_id, shown, fault, objects.redemptions(session, rows), names)
