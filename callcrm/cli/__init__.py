"""The commands, one file a group. Each is thin: it parses, asks a verb, and prints."""
