"""The bank of answers: written by agents, published by supervisors, suggested beside the call."""
