"""Getting in: attempts to sign in, their limits, passwords refused, and how tokens and their streams end."""
