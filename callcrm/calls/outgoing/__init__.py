"""Outbound calls: which numbers agents may call, how often, and how they do it."""
