"""What every endpoint of the API shares: who asks, what is asked, pages of lists, problems, OpenAPI."""
