"""Queries over several nouns, for pages and API alike; without HTTP."""
