"""The tier that a customer's facts put them in."""

from collections.abc import Collection
from datetime import datetime

from sqlmodel import Session


def update(_session: Session, _customer_ids: Collection[str], _now: datetime) -> None:
    """Puts these customers into the tier that their purchases give them; for verbs that change purchases."""
