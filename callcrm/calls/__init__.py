"""The call itself: a caller's turn taken, a carrier's report taken in, the rows derived from both."""
