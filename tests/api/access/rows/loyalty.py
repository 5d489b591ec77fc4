"""Who may do what with programmes and redemptions."""

from tests.api.access.rows import ALL, GONE, Rows

ROWS: Rows = {
    ("GET", "/programmes"): (None, ALL),
    ("POST", "/programmes"): (
        {"name": "Tenth", "kind": "every_nth", "parameters": {"n": 10}},
        (403, 201, 201),
    ),
    ("GET", "/programmes/prg_gone"): (None, GONE),
    ("PATCH", "/programmes/prg_gone"): ({"active": False}, (403, 404, 404)),
    ("POST", "/customers/cus_gone/redemptions"): ({"programme": "prg_gone"}, GONE),
    ("GET", "/redemptions"): (None, ALL),
    ("GET", "/redemptions/rdm_gone"): (None, GONE),
    ("POST", "/redemptions/rdm_gone/approve"): (None, (403, 404, 404)),
    ("POST", "/redemptions/rdm_gone/refuse"): ({"reason": "No."}, (403, 404, 404)),
    ("POST", "/redemptions/rdm_gone/undo"): ({"reason": "A slip."}, (403, 404, 404)),
}
IDEMPOTENT = {("post", "/programmes"), ("post", "/customers/{id}/redemptions")}
