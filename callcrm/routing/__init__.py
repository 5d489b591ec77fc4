"""Which agent a caller gets, who is waiting, and in what order."""
