"""Live events: announced in a verb, sent to the screens they concern once that is committed."""
