"""The list of calls, the page of one, and the player of recordings."""
