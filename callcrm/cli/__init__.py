"""The commands, one file a group. Each is thin: it parses its options, calls the domain, and prints."""
