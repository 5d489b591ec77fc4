"""The pages of subjects: how requests change, and the tree."""
