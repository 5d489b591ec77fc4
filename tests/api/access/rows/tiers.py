"""Who may do what with tiers."""

from tests.api.access.rows import ALL, SUPERVISORS, Rows

TIER = {"code": "vip", "name": "VIP", "rank": 1}
ROWS: Rows = {
    ("GET", "/tiers"): (None, ALL),
    ("PUT", "/tiers"): ([TIER], SUPERVISORS),
    ("POST", "/tiers/preview"): ([TIER], SUPERVISORS),
}
IDEMPOTENT: set[tuple[str, str]] = set()
