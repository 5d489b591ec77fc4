"""The page that finds anything."""
