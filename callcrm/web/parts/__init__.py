"""The catalogue of page parts."""
