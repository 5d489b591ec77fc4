"""The demo: the whole house in one process, with a town of invented people around it."""
