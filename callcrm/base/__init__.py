"""Tools that know nothing of call centres: numbers, time, text, ids, errors."""
