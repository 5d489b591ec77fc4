"""The agent's desk: who waits, the call, the notes, and what keeps them up to date."""
