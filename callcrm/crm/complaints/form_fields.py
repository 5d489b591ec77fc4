"""What people fill in of complaints, and which pages use it."""

from callcrm.crm.fields import FieldTable, always, may
from callcrm.crm.fields import translated as _

FORM_FIELDS = (
    FieldTable(
        "complaint",
        _("Complaints"),
        _("The complaint’s page, the list of complaints, the call, the customer’s page, and root causes."),
        (
            always("about", _("What it is about")),
            always("body", _("What happened")),
            may("product", _("Product")),
            may("staff_id", _("Person")),
            may("second", _("Second of the call")),
            may("name", _("Name of an unknown sender")),
            may("phone", _("Number of an unknown sender")),
            always("opened_at", _("When it was made")),
            always("due_at", _("Due")),
            may("owner_id", _("Whose")),
            may("offer", _("Offer")),
            may("resolution", _("Resolution")),
            may("root_cause", _("Root cause")),
            may("lesson", _("What we learnt")),
            may("lesson_told", _("May be told to others")),
        ),
        at="opened_at",
    ),
    FieldTable(
        "complaint_file",
        _("Files of complaints"),
        _("The complaint’s page."),
        (always("name", _("File")),),
    ),
)
