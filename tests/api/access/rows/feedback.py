"""Who may do what with feedback."""

from tests.api.access.rows import ALL, CREATED, GONE, Rows

ROWS: Rows = {
    ("GET", "/feedback"): (None, ALL),
    ("POST", "/feedback"): ({"product": "Winter coat", "kind": "missing", "body": "A pocket."}, CREATED),
    ("GET", "/feedback/fbk_gone"): (None, GONE),
    ("GET", "/feedback-themes"): (None, ALL),
    ("GET", "/feedback-themes/fbt_gone"): (None, GONE),
    ("PATCH", "/feedback-themes/fbt_gone"): ({"state": "planned"}, GONE),
}
IDEMPOTENT = {("post", "/feedback")}
