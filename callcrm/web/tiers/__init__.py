"""The pages of tiers."""
