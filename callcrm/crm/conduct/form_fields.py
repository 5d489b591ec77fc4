"""What people fill in of conduct, and which pages use it."""

from callcrm.crm.fields import FieldTable, always, may
from callcrm.crm.fields import translated as _

FORM_FIELDS = (
    FieldTable(
        "incident",
        _("Incidents"),
        _("The page of conduct, the call, and the customer’s page."),
        (
            always("kind", _("Kind")),
            always("body", _("What happened")),
            may("second", _("Second of the call")),
            may("help_wanted", _("Help asked for")),
        ),
    ),
    FieldTable(
        "conduct_step",
        _("Steps of conduct"),
        _("The page of conduct, the call, and routing."),
        (
            always("step", _("Step")),
            always("reason", _("Reason")),
            may("text", _("Words of the warning")),
            may("agent_id", _("Agent")),
            may("hours", _("Hours")),
            may("channel", _("Channel")),
            may("review_at", _("To be looked at again")),
            may("lifted_reason", _("Why it was lifted")),
        ),
        at="proposed_at",
    ),
)
