"""Calls: answering the carrier's requests, recording its callbacks, and the rows derived from both."""
