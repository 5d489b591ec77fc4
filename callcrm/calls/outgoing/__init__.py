"""Calls of ours that go out."""
