"""A language's words, numbers, dates and telephone numbers, as it writes them."""
