"""The carrier's requests to the app: signed, retried, disturbed, and logged."""
