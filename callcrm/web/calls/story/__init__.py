"""A call in words: one sentence after the other, each at its second."""
