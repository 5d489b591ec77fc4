"""The objects of the API, and how they are made of rows."""
