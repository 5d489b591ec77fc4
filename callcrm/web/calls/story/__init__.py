"""The story of a call: its events in sentences, each with its offset."""
