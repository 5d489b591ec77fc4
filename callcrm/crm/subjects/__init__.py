"""Subjects: the business's own tree of what requests are about."""
