"""The pages of surveys."""
