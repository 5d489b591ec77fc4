"""Tables of the app itself: jobs, live events, idempotency keys, what is searched."""
