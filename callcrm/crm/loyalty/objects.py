"""Loyalty as the API answers with it."""

from callcrm.base.objects import Shape


class Offer(Shape):
    """What a programme holds for a customer: the sentence to say, and how many purchases it is away."""

    programme: str
    text: str
    remaining: int
