"""Loyalty: programmes that reward customers who come again."""
