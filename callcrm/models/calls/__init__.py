"""Tables of calls and of what the carrier says."""
