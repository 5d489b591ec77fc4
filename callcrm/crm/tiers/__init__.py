"""Tiers: which of the business’s tiers a customer is in, why, and what it is worth."""
