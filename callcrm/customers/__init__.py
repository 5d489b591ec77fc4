"""Whom we serve: who a number belongs to, what was noted about them, what we owe them."""
