"""What is derived from the rows: the texts that are searched, and when each customer was in touch."""
