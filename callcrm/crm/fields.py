"""What people fill in, and which pages use it: no field is kept that no page uses.

A column of a noun is either here or fills itself (`tests/crm/test_fields.py` knows which). An `optional` one
may be left empty; one that is also `hideable` is left out of its form where the business does without it.
"""

from dataclasses import dataclass

from callcrm.crm.noun import Text


@dataclass(frozen=True, slots=True)
class Field:
    """A column that people fill in: what it is called."""

    column: str
    title: Text
    optional: bool = False
    hideable: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Fields of a table: which pages use them, and the column that orders its rows by time. `touched`: its
    rows are counted by when their customer was last in touch with us.
    """

    name: str
    title: Text
    uses: Text
    fields: tuple[Field, ...]
    at: str = "created_at"
    touched: bool = False
    module: str | None = None


def _(text: str) -> Text:
    """A text that is translated when it is read; gathered as all texts are."""
    return lambda locale: locale._(text)


def always(column: str, title: Text) -> Field:
    """A field that is never empty."""
    return Field(column, title)


def may(column: str, title: Text, *, hideable: bool = False) -> Field:
    """A field that may be left empty."""
    return Field(column, title, optional=True, hideable=hideable)


TABLES = (
    Table(
        "customer",
        _("Customers"),
        _("The call beside which they are shown, their page, the list of customers, and routing."),
        (
            always("name", _("Name")),
            may("language", _("Language"), hideable=True),
            may("tier", _("Tier"), hideable=True),
            may("owner_id", _("Own agent"), hideable=True),
        ),
        touched=True,
    ),
    Table(
        "call",
        _("Calls"),
        _("The call’s page, the list of calls and its figures."),
        (may("disposition", _("How it ended")), may("subject", _("Subject"))),
        at="started_at",
    ),
    Table(
        "promise",
        _("Promises"),
        _("The desk, the page of promises, and the customer’s page."),
        (may("what", _("What was promised")), may("owner_id", _("Whose")), always("due_at", _("Due"))),
    ),
    Table(
        "purchase",
        _("Purchases"),
        _("The customer’s page, tiers, loyalty, and figures of sales."),
        (
            may("external_id", _("The shop’s own number")),
            always("at", _("Day")),
            always("amount", _("For how much")),
            always("currency", _("Currency")),
            always("payment", _("Paid")),
            may("requested_at", _("When it was ordered")),
            may("delivered_at", _("When it was delivered")),
        ),
        at="at",
        module="purchases",
    ),
    Table(
        "purchase_item",
        _("What was bought"),
        _("The customer’s page, offers of every so many, complaints and feedback by product."),
        (
            always("product", _("Product")),
            always("quantity", _("How many")),
            always("amount", _("For how much")),
        ),
        at="at",
        module="purchases",
    ),
    Table(
        "purchase_return",
        _("What came back"),
        _("The customer’s page, tiers, and the rate of returns."),
        (
            always("at", _("Day")),
            always("amount", _("For how much")),
            always("currency", _("Currency")),
            may("reason", _("Why it came back"), hideable=True),
        ),
        at="at",
        module="purchases",
    ),
    Table(
        "programme",
        _("Loyalty programmes"),
        _("Offers beside the call and on the customer’s page."),
        (
            always("name", _("Name")),
            always("kind", _("Kind")),
            always("parameters", _("Conditions")),
            always("active", _("Active")),
        ),
        module="loyalty",
    ),
    Table(
        "redemption",
        _("Redemptions"),
        _("The customer’s history and the page of loyalty."),
        (
            always("spent", _("Points")),
            may("note", _("Note"), hideable=True),
            may("reason", _("Why it was refused")),
        ),
        module="loyalty",
    ),
    Table(
        "goodwill",
        _("Goodwill"),
        _("The page of loyalty."),
        (may("note", _("Note")),),
        at="at",
        module="loyalty",
    ),
    Table(
        "complaint",
        _("Complaints"),
        _("The complaint’s page, the list of complaints, the call, the customer’s page, and root causes."),
        (
            always("about", _("About")),
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
        module="complaints",
    ),
    Table(
        "complaint_file",
        _("Files of complaints"),
        _("The complaint’s page."),
        (always("name", _("File")),),
        module="complaints",
    ),
    Table(
        "incident",
        _("Incidents"),
        _("The page of conduct, the call, and the customer’s page."),
        (
            always("kind", _("Kind")),
            always("body", _("What happened")),
            may("second", _("Second of the call")),
            may("help_wanted", _("Help asked for")),
        ),
        module="conduct",
    ),
    Table(
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
        module="conduct",
    ),
    Table(
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
        module="answers",
    ),
    Table(
        "open_question",
        _("Open questions"),
        _("The bank of answers."),
        (always("question", _("Question")),),
        at="at",
        module="answers",
    ),
    Table(
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
        module="contacts",
    ),
    Table(
        "survey_response",
        _("Surveys"),
        _("The page of satisfaction, the call, and the customer’s history."),
        (
            may("score", _("Mark")),
            may("comment", _("Comment")),
            may("may_share", _("May be told to others")),
        ),
        at="asked_at",
        module="surveys",
    ),
    Table(
        "feedback_theme",
        _("Themes of feedback"),
        _("The page of feedback."),
        (
            always("text", _("Name of the theme")),
            always("state", _("What becomes of it")),
        ),
        module="feedback",
    ),
    Table(
        "feedback",
        _("Feedback"),
        _("The page of feedback, and the customer’s history."),
        (
            always("product", _("Product or service")),
            always("kind", _("Kind")),
            always("body", _("What was said")),
            may("told_at", _("Told")),
        ),
        module="feedback",
    ),
)
HIDEABLE = frozenset(
    f"{table.name}.{field.column}" for table in TABLES for field in table.fields if field.hideable
)
