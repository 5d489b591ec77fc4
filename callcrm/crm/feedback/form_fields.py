"""What people fill in of feedback, and which pages use it."""

from callcrm.crm.fields import FieldTable, always, may
from callcrm.crm.fields import translated as _

FORM_FIELDS = (
    FieldTable(
        "feedback_theme",
        _("Themes of feedback"),
        _("The page of feedback."),
        (
            always("text", _("Name of the theme")),
            always("state", _("What becomes of it")),
        ),
    ),
    FieldTable(
        "feedback",
        _("Feedback"),
        _("The page of feedback, and the customer’s history."),
        (
            always("product", _("Product or service")),
            always("kind", _("Kind")),
            always("body", _("What was said")),
            may("told_at", _("Told")),
        ),
    ),
)
