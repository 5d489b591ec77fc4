"""The far ends of a call: scripted callers and callees, and the media path between them and a leg."""
