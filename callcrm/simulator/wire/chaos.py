"""What goes wrong on the way of callbacks: doubled, shuffled, late or lost, repeatable by seed."""

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Chaos:
    """Switches for callbacks nobody listens to (status, recording, message); call flow is never touched.

    `duplicate` and `drop` are probabilities, `delay` is seconds added to all, `shuffle` the seconds
    within which they overtake each other.
    """

    seed: int = 0
    duplicate: float = 0.0
    drop: float = 0.0
    delay: float = 0.0
    shuffle: float = 0.0

    @property
    def orderly(self) -> bool:
        """Whether callbacks of one call arrive in their order."""
        return not self.shuffle

    def deliveries(self, key: str) -> list[float]:
        """After how many seconds each copy of the callback `key` goes out; empty if it is lost."""
        dice = random.Random(f"{self.seed}:{key}")
        if dice.random() < self.drop:
            return []
        copies = 2 if dice.random() < self.duplicate else 1
        return [self.delay + dice.uniform(0, self.shuffle) for _ in range(copies)]
