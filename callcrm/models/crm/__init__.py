"""Tables of the nouns around the call."""
