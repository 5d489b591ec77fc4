"""Interactive voice: flows as data, the player that walks them, and the proof that a human is reachable."""
