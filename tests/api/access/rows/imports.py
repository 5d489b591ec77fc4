"""Who may do what with imports."""

from tests.api.access.rows import SUPERVISORS, Rows

ROWS: Rows = {
    ("GET", "/imports"): (None, SUPERVISORS),
    ("POST", "/imports"): ({"no": "file"}, (403, 422, 422)),
    ("GET", "/imports/imp_gone"): (None, (403, 404, 404)),
    ("POST", "/imports/imp_gone/undo"): (None, (403, 404, 404)),
}
IDEMPOTENT = {("post", "/imports")}
