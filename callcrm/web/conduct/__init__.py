"""The pages of conduct."""
