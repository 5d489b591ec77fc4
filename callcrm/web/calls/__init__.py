"""The list of calls, the page of one call, and the player of recordings."""
