"""Who may do what with incidents, the ladder and contact plans."""

from tests.api.access.rows import ALL, GONE, Rows

ROWS: Rows = {
    ("GET", "/incidents"): (None, ALL),
    ("GET", "/incidents/inc_gone"): (None, GONE),
    ("POST", "/customers/cust_gone/incidents"): ({"kind": "abuse"}, GONE),
    ("GET", "/customers/cust_gone/conduct"): (None, GONE),
    ("POST", "/customers/cust_gone/conduct"): ({"step": "warned", "reason": "Shouted."}, (403, 404, 404)),
    ("GET", "/conduct-steps"): (None, ALL),
    ("GET", "/conduct-steps/stp_gone"): (None, GONE),
    ("PATCH", "/conduct-steps/stp_gone"): ({"state": "in_force"}, (403, 404, 404)),
    ("GET", "/customers/cust_gone/contact-plan"): (None, GONE),
    ("PUT", "/customers/cust_gone/contact-plan"): (
        {"agent": "ana", "reason": "A threat."},
        (403, 404, 404),
    ),
    ("DELETE", "/customers/cust_gone/contact-plan"): (None, (403, 404, 404)),
}
IDEMPOTENT = {("post", "/customers/{id}/incidents"), ("post", "/customers/{id}/conduct")}
