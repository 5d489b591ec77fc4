"""What the demo's callers say of products."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from random import Random

from callcrm.crm.feedback import sample
from callcrm.crm.samples import SampleBatch, SampleCall, SampleCustomer
from callcrm.demo.sample_data.rows import DemoRows, Row

TABLES = ("feedback_theme", "feedback")


def add_feedback(rows: DemoRows, calls: Sequence[Row], languages: Mapping[str, str], now: datetime) -> None:
    """Feedback in some of these answered calls, by chance of its own: all else stays as it was."""
    sampled = [_call(call, languages[call["customer_id"]]) for call in calls if call["customer_id"]]
    sampled.sort(key=lambda call: (call.ended_at, call.id))
    for table, added in sample.sample(SampleBatch(Random(len(sampled)), now, (), sampled)).items():
        rows.tables[table] += [dict(row) for row in added]


def _call(call: Row, language: str) -> SampleCall:
    customer = SampleCustomer(call["customer_id"], "", (), language, None, None)
    return SampleCall(
        id=call["id"],
        customer=customer,
        phone=call["phone"],
        agent_id=call["agent_id"],
        outcome=call["outcome"],
        language=language,
        started_at=call["started_at"],
        ended_at=call["ended_at"],
    )
