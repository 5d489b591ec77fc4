"""The pages of contacts written down by hand."""
