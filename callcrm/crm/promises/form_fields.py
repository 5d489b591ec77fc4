"""What people fill in of promises, and which pages use it."""

from callcrm.crm.fields import FieldTable, always, may
from callcrm.crm.fields import translated as _

FORM_FIELDS = (
    FieldTable(
        "promise",
        _("Promises"),
        _("The desk, the page of promises, and the customer’s page."),
        (may("what", _("What was promised")), may("owner_id", _("Whose")), always("due_at", _("Due"))),
    ),
)
