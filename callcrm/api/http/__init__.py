"""What all endpoints share: authentication, parsing, paging, problems, idempotency, OpenAPI."""
