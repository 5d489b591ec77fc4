"""Who may switch parts of the product off."""

from tests.api.access.rows import ALL, SUPERVISORS, Rows

ROWS: Rows = {
    ("GET", "/modules"): (None, ALL),
    ("PUT", "/modules"): ([{"name": "feedback", "on": True}], SUPERVISORS),
}
IDEMPOTENT: set[tuple[str, str]] = set()
