"""Signing in and out, one's own account, and pages for whoever is not signed in."""
