"""Who may do what with subjects."""

from tests.api.access.rows import ALL, SUPERVISORS, Rows

ROWS: Rows = {
    ("GET", "/subjects"): (None, ALL),
    ("PUT", "/subjects"): ([{"code": "orders", "name": "Orders", "children": []}], SUPERVISORS),
}
IDEMPOTENT: set[tuple[str, str]] = set()
