"""Tables of calls and of carrier events."""
