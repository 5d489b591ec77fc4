"""Full-text search: FTS5 on SQLite, tsvector and GIN on PostgreSQL, brought up to date before it is asked."""
