"""The carrier's REST API, as much of it as a call centre needs."""
