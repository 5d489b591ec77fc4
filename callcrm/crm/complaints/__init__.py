"""Complaints: about a product, a service or a person, from the first word to what was learnt."""
