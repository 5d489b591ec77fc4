"""Notes: what somebody wrote down about a call or a customer."""
