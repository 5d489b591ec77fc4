"""Figures over calls and nouns."""
