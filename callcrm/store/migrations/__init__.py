"""The revisions of the schema: one chain for both engines."""
