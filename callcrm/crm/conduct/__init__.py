"""Conduct: incidents with the few unreasonable ones, and how they are dealt with."""
