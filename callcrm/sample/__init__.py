"""The sample: an invented past of any size, in an empty store, the same for the same seed."""
