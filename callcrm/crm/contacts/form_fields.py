"""What people fill in of contacts by hand, and which pages use it."""

from callcrm.crm.fields import FieldTable, always, may
from callcrm.crm.fields import translated as _

FORM_FIELDS = (
    FieldTable(
        "contact",
        _("Contacts by hand"),
        _("The customer’s history, and figures of subjects."),
        (
            always("kind", _("Kind")),
            always("direction", _("Direction")),
            may("body", _("What it was about")),
            may("subject", _("Subject")),
            always("at", _("When")),
        ),
        at="at",
    ),
)
