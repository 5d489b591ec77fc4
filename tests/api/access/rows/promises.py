"""Who may do what with promises."""

from tests.api.access.rows import ALL, CREATED, GONE, Rows

ROWS: Rows = {
    ("POST", "/calls/call_one/promises"): (
        {"what": "Ring back.", "due_at": "2026-01-05T18:00:00Z"},
        CREATED,
    ),
    ("GET", "/promises"): (None, ALL),
    ("GET", "/promises/prm_gone"): (None, GONE),
    ("PATCH", "/promises/prm_gone"): ({"state": "kept"}, GONE),
}
IDEMPOTENT = {("post", "/calls/{id}/promises")}
