"""Copies of a store, taken while it is used, in one format for both engines; and the way back."""
