"""Signing in and out, the user's own account, and pages without sign-in."""
