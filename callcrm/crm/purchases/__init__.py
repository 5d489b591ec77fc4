"""Purchases: what a customer bought, what came back, and what they are worth by it."""
