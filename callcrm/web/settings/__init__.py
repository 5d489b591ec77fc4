"""Settings pages: users, queues, and our numbers."""
