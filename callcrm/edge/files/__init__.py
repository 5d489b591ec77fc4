"""Files over HTTP: stored ones served, those of messages and complaints with what they may do."""
