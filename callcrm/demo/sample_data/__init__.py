"""The demo's invented half year: people, calls, notes, recordings."""
