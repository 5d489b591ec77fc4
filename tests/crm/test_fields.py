"""Each field says which page uses it; what nobody fills in can be left out of its form, and comes back."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import Session, SQLModel
from sqlmodel.sql.sqltypes import AutoString

from callcrm.base.ids import new_id
from callcrm.business import fields
from callcrm.crm.fields import hideable
from callcrm.crm.seams import SEAMS
from callcrm.models import Customer
from callcrm.models.conventions import table_of
from callcrm.models.crm.purchase import Purchase, PurchaseReturn
from callcrm.reports.field_usage import SAMPLE, FieldUsage, statement, usage
from tests.clocks import SetClock
from tests.running_app import RunningApp, open_app, settings_for
from tests.web.support.page_client import PageClient, do, page_text, sign_in

# Columns that nobody fills in: what we make of what happens, references, and who did it when.
EVERYWHERE = {"id", "version", "search_text", "customer_id", "call_id", "created_by", "created_at"}
ENDINGS = ("_key", "_by", "_hash")
TABLES = SEAMS.form_fields
BY_ITSELF: dict[str, set[str]] = {
    "incident": {"agent_id", "helped_at"},
    "conduct_step": {"incident_id", "state", "proposed_at", "decided_at", "lifted_at"},
    "cool_down": {"agent_id", "incident_id", "minutes", "asked_at", "ends_at"},
    "complaint": {
        *("stage", "acknowledged_at", "investigating_at", "offered_at", "following_up_at", "closed_at"),
        "late_from",
        "resolution_seconds",
    },
    "complaint_file": {"complaint_id", "content_type", "bytes", "sha256", "storage_name"},
    "complaint_action": {"complaint_id", "at", "by", "action", "data"},
    "tier_standing": {"tier", "facts", "changed_at"},
    "tier_run": {"tiers_version", "began_at", "resumed_at", "after"},
    "redemption": {
        *("programme_id", "state", "worth", "currency", "on_call", "redeemed_at", "decided_at"),
    },
    "goodwill": {"state", "by", "at"},
    "purchase": {"returned", "import_id"},
    "purchase_item": {"purchase_id", "position", "at"},
    "purchase_return": {"purchase_id"},
    "customer_worth": {"currency", "purchases", "spent", "returned", "first_at", "last_at"},
    "answer": {"state", "text_number", "proposed_number", "helped", "did_not_help", "used", "updated_at"},
    "answer_text": {
        *("answer_id", "number", "question", "body", "language", "queue", "links"),
        *("written_at", "published_at"),
    },
    "answer_link": {"answer_id", "kind", "code"},
    "answer_feedback": {"answer_id", "user_id", "helped", "at"},
    "open_question": {"language", "queue", "at", "settled_at", "answer_id"},
    "promise": {
        *("kind", "state", "phone", "caller", "part_of", "closed_at", "about_kind", "about_id"),
        *("hidden_from", "decided_at"),
    },
    "survey_response": {
        *("kind", "channel", "phone", "agent_id", "queue", "language", "menu", "talk_seconds", "asked_at"),
        *("answered_at", "commented_at", "token", "message_id", "story_at", "tier"),
    },
    "survey_digest": {"user_id", "week", "figures", "seen_at"},
    "feedback_theme": {"product", "kind", "part_of", "decided_at"},
    "feedback": {"theme_id"},
    # What a file has is the fields of what it brings in.
    "file_import": {
        *("kind", "state", "file_name", "size", "dry_run", "mapping", "form", "rows", "done", "created"),
        *("changed", "skipped", "faults", "undoing", "kept", "run", "failure", "finished_at"),
    },
    "import_chunk": {"import_id", "position", "content"},
    "import_fault": {"import_id", "position", "row", "column", "message", "values"},
    "imported_row": {"import_id", "subject_id", "kind", "at", "before"},
    "import_mapping": {"kind", "mapping", "used_at"},
    "form_submission": {"form", "subject_id", "digest", "at"},
    "complaint_link": {"complaint_id"},
}


def by_itself(table: str, column: str) -> bool:
    return column in EVERYWHERE or column.endswith(ENDINGS) or column in BY_ITSELF.get(table, ())


@pytest.mark.one_engine
def test_every_column_that_people_fill_in_says_which_page_uses_it() -> None:
    named = {(table.name, field.column) for table in TABLES for field in table.fields}
    for noun in SEAMS.nouns:
        for table in map(table_of, noun.tables):
            columns = {(table.name, column.name) for column in table.c}
            filled_in = {pair for pair in columns if not by_itself(*pair)}
            assert filled_in - named == set(), "name them in the noun's `form_fields`, or below BY_ITSELF"


@pytest.mark.one_engine
def test_every_field_is_a_column() -> None:
    for table in TABLES:
        columns = SQLModel.metadata.tables[table.name].c
        assert {field.column for field in table.fields} <= set(columns.keys())
        assert table.touched or table.at in columns
        for field in table.fields:
            column = columns[field.column]
            assert column.nullable or isinstance(column.type, AutoString) or not field.hideable


@pytest.fixture
def app(database_url: str, tmp_path: Path, clock: SetClock) -> Iterator[RunningApp]:
    with open_app(settings_for(database_url, tmp_path / "data"), clock) as app:
        yield app


@pytest.fixture
def grace(app: RunningApp) -> PageClient:
    """Grace, who supervises."""
    return sign_in(app, "Grace", "supervisor")


def used(app: RunningApp, now: datetime, name: str) -> FieldUsage:
    """How often this field was filled in."""

    def verb(session: Session) -> FieldUsage:
        return next(use for use in usage(session, TABLES, now) if use.name == name)

    use: FieldUsage = do(app, verb)
    return use


def test_the_share_is_of_those_of_the_last_90_days(app: RunningApp, clock: SetClock) -> None:
    assert used(app, clock.now(), "customer.language").share is None
    for name, language in (("Mina", "fa"), ("Omar", None), ("Rosa", None), ("Paul", None)):
        app.send("POST", "/customers", {"name": name, "language": language})
    use = used(app, clock.now(), "customer.language")
    assert (use.share, use.unused) == (0.25, False)
    assert used(app, clock.now(), "customer.owner_id").unused
    assert used(app, clock.now(), "customer.name").share == 1
    assert not used(app, clock.now() + timedelta(days=91), "customer.owner_id").unused


def test_no_more_than_a_sample_is_looked_at_the_newest(app: RunningApp, clock: SetClock) -> None:
    now = clock.now()

    def fill(session: Session) -> None:
        session.add(Customer(id="cus_1", name="M", search_text="m", created_at=now, updated_at=now))
        session.flush()
        session.add(
            Purchase(
                id="pur_1",
                customer_id="cus_1",
                at=now,
                currency="USD",
                amount=1,
                payment="cash",
                created_at=now,
            )
        )
        session.flush()
        session.add_all(
            PurchaseReturn(
                id=new_id("ret", now),
                purchase_id="pur_1",
                customer_id="cus_1",
                at=now - timedelta(seconds=n),
                currency="USD",
                amount=1,
                reason="Too short" if n >= SAMPLE else "",
                created_at=now,
            )
            for n in range(SAMPLE + 50)
        )

    do(app, fill)
    use = used(app, now, "purchase_return.reason")
    assert (use.rows, use.filled, use.unused) == (SAMPLE, 0, True)


LARGE = ("customer", "call", "promise", "purchase", "purchase_return", "complaint", "contact",
         "survey_response", "feedback", "redemption", "incident", "answer")  # fmt: skip


@pytest.mark.one_engine
@pytest.mark.parametrize("name", LARGE)
def test_large_tables_are_read_by_an_index_of_their_time(app: RunningApp, clock: SetClock, name: str) -> None:
    table = next(table for table in TABLES if table.name == name)

    def plan(session: Session) -> str:
        asked = statement(table, clock.now()).compile(
            session.get_bind(), compile_kwargs={"literal_binds": True}
        )
        rows = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {asked}")
        return " | ".join(row[3] for row in rows)

    text = do(app, plan)
    source = "customer_touch" if table.touched else table.name
    assert f"SEARCH {source} USING" in text
    assert "TEMP B-TREE" not in text


def test_the_page_offers_what_nobody_filled_in_and_the_form_does_without(
    app: RunningApp, grace: PageClient
) -> None:
    mina = app.send("POST", "/customers", {"name": "Mina", "language": "fa"}).json()["id"]
    path = f"/customers/{mina}/edit"
    assert 'for="owner"' in grace.get_page(path)
    page = page_text(grace.get_page("/settings/fields"))
    assert "Nobody filled these in for 90 days Tier Customers Leave out of the form" in page
    htmx = {"HX-Request": "true"}
    for column in ("owner_id", "language"):
        answer = grace.post(f"/settings/fields/customer.{column}", {"state": "hidden"}, **htmx)
        assert "It is in no form now. What stands in it stays. Undo" in page_text(answer.text)
    form = grace.get_page(path)
    assert 'for="owner"' not in form
    assert 'for="language"' not in form
    assert 'for="tier"' in form
    saved = grace.post(
        f"/customers/{mina}", {"name": "Mina H.", "numbers": "", "tier": "", "owner": "", "language": "fa"}
    )
    assert saved.status_code == 303
    assert app.get(f"/customers/{mina}")["language"] == "fa"
    assert '<input type="hidden" name="language" value="fa">' in form
    grace.post("/settings/fields/customer.owner_id", {"state": "shown"})
    assert 'for="owner"' in grace.get_page(path)
    assert do(app, fields.hidden) == {"customer.language"}


def test_only_what_forms_can_do_without_is_hidden_by_those_who_may(
    app: RunningApp, grace: PageClient
) -> None:
    for name in ("customer.name", "call.disposition", "user.password_hash", "x"):
        assert grace.post(f"/settings/fields/{name}", {"state": "hidden"}).status_code == 404
    assert grace.post("/settings/fields/customer.tier", {"state": "gone"}).status_code == 404
    ana = sign_in(app, "Ana")
    assert ana.get("/settings/fields").status_code == 403
    assert ana.post("/settings/fields/customer.tier", {"state": "hidden"}).status_code == 403
    assert do(app, fields.hidden) == frozenset()


@pytest.mark.one_engine
@pytest.mark.parametrize("name", sorted(hideable(TABLES)))
def test_each_that_can_be_hidden_is_asked_for_by_a_template(name: str) -> None:
    folder = Path(__file__).resolve().parents[2] / "templates"
    texts = [path.read_text(encoding="utf-8") for path in folder.rglob("*.html")]
    assert any(f'page.hides("{name}")' in text for text in texts)


def test_what_is_switched_off_has_no_fields_there(app: RunningApp, grace: PageClient) -> None:
    assert "Used by: The page of feedback" in page_text(grace.get_page("/settings/fields"))
    grace.post("/settings/modules/feedback", {"state": "off"})
    assert "Used by: The page of feedback" not in page_text(grace.get_page("/settings/fields"))
