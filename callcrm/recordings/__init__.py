"""Recordings: fetched from the carrier, stored under random names, played to those who may hear them."""
