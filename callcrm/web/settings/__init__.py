"""Settings pages: users, tokens, queues, our numbers, and what could not be taken in."""
