"""Satisfaction surveys: one question after a call, the answers, and what follows from them."""
