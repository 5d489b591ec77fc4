"""Who may do what with answers."""

from tests.api.access.rows import ALL, CREATED, GONE, Rows

ROWS: Rows = {
    ("GET", "/answers"): (None, ALL),
    ("GET", "/answers/ans_gone"): (None, GONE),
    ("POST", "/answers"): ({"question": "When are you open?", "answer": "From nine to five."}, CREATED),
    ("PATCH", "/answers/ans_gone"): ({"state": "published"}, GONE),
    ("POST", "/answers/ans_gone/feedback"): ({"helped": True}, GONE),
}
IDEMPOTENT = {("post", "/answers"), ("post", "/answers/{id}/feedback")}
