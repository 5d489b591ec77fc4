"""What goes wrong on the way of callbacks: duplicated, shuffled, late or lost, repeatable by seed."""

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Chaos:
    """Faults in the delivery of callbacks (status, recording, message); call-flow requests are never touched.

    The carrier promises neither the order of callbacks nor that each comes once. `duplicate` and `drop` are
    probabilities, `delay` is seconds added to all, `shuffle` the seconds within which they overtake others.
    """

    seed: int = 0
    duplicate: float = 0.0
    drop: float = 0.0
    delay: float = 0.0
    shuffle: float = 0.0

    @property
    def in_order(self) -> bool:
        """Whether callbacks of one call arrive in their order."""
        return not self.shuffle

    def delivery_delays(self, key: str) -> list[float]:
        """After how many seconds each copy of the callback `key` is sent; empty if it is lost."""
        rng = random.Random(f"{self.seed}:{key}")
        if rng.random() < self.drop:
            return []
        copies = 2 if rng.random() < self.duplicate else 1
        return [self.delay + rng.uniform(0, self.shuffle) for _ in range(copies)]
