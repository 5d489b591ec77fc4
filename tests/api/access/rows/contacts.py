"""Who may do what with contacts."""

from tests.api.access.rows import ALL, CREATED, GONE, Rows

ROWS: Rows = {
    ("POST", "/customers/cus_rosa/contacts"): ({"kind": "letter"}, CREATED),
    ("GET", "/contacts"): (None, ALL),
    ("GET", "/contacts/con_gone"): (None, GONE),
    ("PATCH", "/contacts/con_gone"): ({"kind": "visit"}, GONE),
}
IDEMPOTENT = {("post", "/customers/{id}/contacts")}
