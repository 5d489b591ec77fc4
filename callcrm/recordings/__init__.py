"""Recordings: fetched from the carrier, kept under random names, heard by those who may."""
