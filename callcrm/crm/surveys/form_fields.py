"""What people fill in of surveys, and which pages use it."""

from callcrm.crm.fields import FieldTable, may
from callcrm.crm.fields import translated as _

FORM_FIELDS = (
    FieldTable(
        "survey_response",
        _("Surveys"),
        _("The page of satisfaction, the call, and the customer’s history."),
        (
            may("score", _("Mark")),
            may("comment", _("Comment")),
            may("may_share", _("May be told to others")),
        ),
        at="asked_at",
    ),
)
