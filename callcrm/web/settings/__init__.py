"""Settings: users, queues, and our numbers."""
