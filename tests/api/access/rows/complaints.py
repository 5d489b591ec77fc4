"""Who may do what with complaints."""

from tests.api.access.rows import ALL, CREATED, GONE, Rows

ROWS: Rows = {
    ("POST", "/complaints"): ({"about": "product", "product": "Rug", "body": "It is torn."}, CREATED),
    ("GET", "/complaints"): (None, ALL),
    ("GET", "/complaints/cmp_gone"): (None, GONE),
    ("PATCH", "/complaints/cmp_gone"): ({"offer": "repair"}, GONE),
}
IDEMPOTENT = {("post", "/complaints")}
