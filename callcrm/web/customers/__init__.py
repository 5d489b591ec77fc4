"""The list of customers, the page of one with its timeline, and the form."""
