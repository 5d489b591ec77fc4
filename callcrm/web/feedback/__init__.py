"""The pages of feedback."""
