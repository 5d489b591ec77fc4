"""What pages and API both read: questions over several nouns, without HTTP."""
