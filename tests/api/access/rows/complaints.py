"""Who may do what with complaints."""

from tests.api.access.rows import ALL, CREATED, GONE, Rows

ROWS: Rows = {
    ("POST", "/complaints"): ({"about": "product", "product": "Rug", "body": "It is torn."}, CREATED),
    ("GET", "/complaints"): (None, ALL),
    ("GET", "/complaints/cmp_gone"): (None, GONE),
    ("POST", "/complaints/cmp_gone/files"): ({}, GONE),
    ("GET", "/complaints/cmp_gone/files/file_gone"): (None, GONE),
    ("PATCH", "/complaints/cmp_gone"): ({"offer": "repair"}, GONE),
}
IDEMPOTENT = {("post", "/complaints"), ("post", "/complaints/{id}/files")}
