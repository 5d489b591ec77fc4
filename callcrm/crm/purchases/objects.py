"""Purchases as the API answers with them."""

from callcrm.base.money import Money
from callcrm.base.objects import Shape, Time


class Worth(Shape):
    """What a customer bought. `spent` is before returns; each currency stands for itself."""

    purchases: int
    spent: list[Money]
    returned: list[Money]
    first_at: Time | None
    last_at: Time | None
