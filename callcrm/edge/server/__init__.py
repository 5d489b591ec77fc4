"""The HTTP server's bounds: how much of a request is held, how long one may take, how many are served."""
