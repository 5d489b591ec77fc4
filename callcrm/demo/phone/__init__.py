"""Phones in browsers, the caller's and the agents', and the directory that says who is rung where."""
