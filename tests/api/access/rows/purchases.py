"""Who may do what with purchases."""

from tests.api.access.rows import ALL, CREATED, GONE, Rows

TWELVE = {"amount": 1200, "currency": "USD"}
ROWS: Rows = {
    ("GET", "/purchases"): (None, ALL),
    ("GET", "/purchases/pur_gone"): (None, GONE),
    ("PATCH", "/purchases/pur_gone"): ({"payment": "cash"}, GONE),
    ("POST", "/purchases/pur_gone/returns"): ({"total": TWELVE}, GONE),
    ("GET", "/returns/ret_gone"): (None, GONE),
    ("POST", "/customers/cus_rosa/purchases"): ({"total": TWELVE}, CREATED),
}
IDEMPOTENT = {("post", "/customers/{id}/purchases"), ("post", "/purchases/{id}/returns")}
