"""Conduct as the API answers with it."""

from callcrm.base.objects import Named, Shape, Time


class ContactPlan(Shape):
    """How a customer is to be dealt with: by one agent, within hours, through one channel, until a review."""

    agent: Named
    hours: dict[str, str] | None
    channel: str | None
    reason: str
    review_at: Time | None
