"""Full-text search: FTS5 on SQLite, tsvector and GIN on PostgreSQL, over one column of folded words."""
