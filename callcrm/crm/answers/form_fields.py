"""What people fill in of answers, and which pages use it."""

from callcrm.crm.fields import FieldTable, always, may
from callcrm.crm.fields import translated as _

FORM_FIELDS = (
    FieldTable(
        "answer",
        _("Answers"),
        _("The bank of answers, and suggestions beside the note."),
        (
            always("question", _("Question")),
            always("body", _("Answer")),
            always("language", _("Language")),
            may("queue", _("Queue")),
            may("links", _("Menus, dispositions and subjects")),
        ),
    ),
    FieldTable(
        "open_question",
        _("Open questions"),
        _("The bank of answers."),
        (always("question", _("Question")),),
        at="at",
    ),
)
