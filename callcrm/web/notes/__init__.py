"""Notes as parts of pages, and saving them while they are typed."""
