"""What is read of calls: one with everything that hangs on it, many as rows, the one an agent has now."""
