"""What people fill in of loyalty, and which pages use it."""

from callcrm.crm.fields import FieldTable, always, may
from callcrm.crm.fields import translated as _

FORM_FIELDS = (
    FieldTable(
        "programme",
        _("Loyalty programmes"),
        _("Offers beside the call and on the customer’s page."),
        (
            always("name", _("Name")),
            always("kind", _("Kind")),
            always("parameters", _("Conditions")),
            always("active", _("Active")),
        ),
    ),
    FieldTable(
        "redemption",
        _("Redemptions"),
        _("The customer’s history and the page of loyalty."),
        (
            always("spent", _("Points")),
            may("note", _("Note"), hideable=True),
            may("reason", _("Why it was refused")),
        ),
    ),
    FieldTable(
        "goodwill",
        _("Goodwill"),
        _("The page of loyalty."),
        (may("note", _("Note")),),
        at="at",
    ),
)
