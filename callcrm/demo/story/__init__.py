"""The demo's live story: what goes over the wire and what the ledger makes of it, line by line."""
