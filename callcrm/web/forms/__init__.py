"""The public forms, and their settings."""
