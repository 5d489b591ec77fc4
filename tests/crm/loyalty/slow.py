"""A slow reference of loyalty: what happened to a customer, gone through one by one."""

from dataclasses import dataclass, field

from callcrm.crm.loyalty.parameters import EveryNth, Gift, Parameters, Points


@dataclass
class Bought:
    """A purchase, as the reference keeps it."""

    products: tuple[str, ...]
    payment: str
    currency: str
    amount: int
    returned: int = 0


@dataclass
class Ledger:
    """What a customer bought and redeemed; `spent` by the name of the programme."""

    bought: list[Bought] = field(default_factory=list)
    spent: dict[str, list[int]] = field(default_factory=dict)

    def joined(self, other: "Ledger") -> "Ledger":
        """What both have."""
        names = self.spent.keys() | other.spent.keys()
        spent = {name: self.spent.get(name, []) + other.spent.get(name, []) for name in names}
        return Ledger(self.bought + other.bought, spent)

    def balance(self, name: str, parameters: Parameters) -> int:
        """What they have of a programme."""
        return self._earned(parameters) - sum(self.spent.get(name, []))

    def _earned(self, parameters: Parameters) -> int:
        earned = money = 0
        for one in self.bought:
            if one.returned >= one.amount:
                continue
            if parameters.payment and one.payment != parameters.payment:
                continue
            if isinstance(parameters, Points):
                money += one.amount - one.returned if one.currency == parameters.per.currency else 0
            elif not isinstance(parameters, EveryNth) or parameters.product is None:
                earned += 1
            else:
                earned += any(product.lower() == parameters.product.lower() for product in one.products)
        if isinstance(parameters, Points):
            return money // parameters.per.amount * parameters.points
        return earned if isinstance(parameters, EveryNth | Gift) else 0

    def remaining(self, name: str, parameters: Parameters) -> int:
        """How many purchases are missing."""
        balance = self.balance(name, parameters)
        if isinstance(parameters, Points):
            return 0 if balance > 0 else 1
        if isinstance(parameters, EveryNth | Gift) and parameters.n:
            return max(0, parameters.n - 1 - balance)
        return 0
