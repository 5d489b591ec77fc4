"""Named scenarios: who calls, who answers, what must come of it, and the report."""
