"""Tables of the app's own bookkeeping."""
