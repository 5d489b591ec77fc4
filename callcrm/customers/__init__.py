"""Customers: created, changed, found; and whose a phone number is."""
