"""Who may do what with surveys."""

from tests.api.access.rows import ALL, GONE, SUPERVISORS, Rows

ROWS: Rows = {
    ("GET", "/surveys/settings"): (None, ALL),
    ("PUT", "/surveys/settings"): ({"every_days": 60}, SUPERVISORS),
    ("GET", "/surveys/responses"): (None, ALL),
    ("GET", "/surveys/responses/srv_gone"): (None, GONE),
    ("GET", "/surveys/results"): (None, ALL),
}
IDEMPOTENT: set[tuple[str, str]] = set()
