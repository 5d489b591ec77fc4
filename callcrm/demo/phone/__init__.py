"""Telephones in browsers: the caller's and the agents'."""
