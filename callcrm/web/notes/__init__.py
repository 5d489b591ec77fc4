"""Notes as parts of any page, and saved as they are typed."""
