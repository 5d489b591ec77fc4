"""Promises: what we owe callers, until it is kept or dropped."""
