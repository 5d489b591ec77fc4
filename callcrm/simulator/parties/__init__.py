"""People and machines at telephones: what they hear, press, say, and answer."""
