"""SQLite or PostgreSQL behind one interface: verbs with deadlines, migrations, jobs enqueued with a verb."""
