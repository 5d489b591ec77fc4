"""Endpoints of the nouns around the call, one file each."""
