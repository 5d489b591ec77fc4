"""The objects the API answers with, and how rows become them."""
