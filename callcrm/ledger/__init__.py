"""The ledger: events kept once, calls derived from them by a pure fold, the spool when the store is away."""
