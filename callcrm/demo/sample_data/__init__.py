"""The demo's sample data: half a year of an invented business, its people, calls, notes and recordings."""
