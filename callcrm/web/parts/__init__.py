"""The living page of parts: what pages are made of, in every state."""
