"""The sample complaints: on calls that were answered, some open and late, most closed with a cause."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from random import Random
from typing import Any

from callcrm.crm.complaints import sample
from callcrm.crm.samples import SampleBatch, SampleCall
from callcrm.crm.samples import SampleCustomer as Customer
from callcrm.models import Outcome

TABLES = ("complaint", "complaint_action")
LATE, EVERY = 5, 29  # of the answered calls of known customers: the last, and those before
FEW, MOST = 10, 20


def complaint_rows(
    calls: Sequence[Mapping[str, Any]],
    languages: Mapping[str, str],
    agents: Sequence[str],
    now: datetime,
    seed: int,
) -> dict[str, list[dict[str, Any]]]:
    """Rows of TABLES; their chance is their own, so that other sample rows stay as they are."""
    batch = SampleBatch(Random(seed), now, agents, [])
    with_customer = [call for call in reversed(calls) if call["customer_id"]]
    with_customer = with_customer[::LATE][:FEW] + with_customer[FEW * LATE :: EVERY][:MOST]
    rows = [sample.invent(batch, _call(call, languages[call["customer_id"]])) for call in with_customer]
    return {"complaint": rows, "complaint_action": [sample.opening(row) for row in rows]}


def _call(row: Mapping[str, Any], language: str) -> SampleCall:
    customer = Customer(row["customer_id"], "", (), language, None, None)
    return SampleCall(
        id=row["id"],
        customer=customer,
        phone=row["phone"],
        agent_id=row["agent_id"],
        outcome=Outcome.ANSWERED,
        language=language,
        started_at=row["started_at"],
        ended_at=row["ended_at"],
    )
