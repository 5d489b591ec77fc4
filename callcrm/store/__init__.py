"""The store: one door to SQLite or PostgreSQL, deadlines, migrations, work for later."""
