"""Getting in: attempts to sign in and their limits, and which passwords are refused."""
