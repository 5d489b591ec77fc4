"""The triggers that keep `customer_touch`: when each customer last rang, was rung, wrote or was written to.

It is no column of `customer`: a webhook that holds a call would then wait for somebody who edits its customer
and wants their calls.
"""

from collections.abc import Iterator

TOUCHES = (("call", "started_at"), ("message", "created_at"))
_LATEST = """coalesce((
        SELECT max(touches.at) FROM (
            SELECT max(started_at) AS at FROM call WHERE customer_id = {customer}
            UNION ALL SELECT max(created_at) FROM message WHERE customer_id = {customer}
        ) AS touches
    ), (SELECT created_at FROM customer WHERE id = {customer}))"""


def _touch(customer: str) -> str:
    """The customer's last touch, as the rows say."""
    latest = _LATEST.format(customer=customer)
    return f"""
        INSERT INTO customer_touch (customer_id, at)
        SELECT c.id, {latest} FROM customer c WHERE c.id = {customer}
        ON CONFLICT (customer_id) DO UPDATE SET at = excluded.at WHERE customer_touch.at <> excluded.at;
    """


def _touch_at(at: str) -> str:
    """A touch at this time: the last one, unless there is a later one. None was yet where the time is that of
    the customer's making, and then an earlier touch counts as well.
    """
    latest = _LATEST.format(customer="NEW.customer_id")
    return f"""
        INSERT INTO customer_touch (customer_id, at) SELECT NEW.customer_id, {at}
        WHERE NEW.customer_id IS NOT NULL
        ON CONFLICT (customer_id) DO UPDATE
        SET at = CASE WHEN excluded.at > customer_touch.at THEN excluded.at ELSE {latest} END
        WHERE customer_touch.at <> excluded.at;
    """


def _sqlite() -> Iterator[str]:
    old = _touch("OLD.customer_id")
    yield (f"CREATE TRIGGER search_touch_customer AFTER INSERT ON customer BEGIN {_touch('NEW.id')} END")
    for table, at in TOUCHES:
        name, new = f"search_touch_{table}", _touch_at(f"NEW.{at}")
        yield f'CREATE TRIGGER {name}_insert AFTER INSERT ON "{table}" BEGIN {new} END'
        yield f'CREATE TRIGGER {name}_delete AFTER DELETE ON "{table}" BEGIN {old} END'
        yield (
            f'CREATE TRIGGER {name}_update AFTER UPDATE OF customer_id, {at} ON "{table}" '
            f"WHEN OLD.customer_id IS NOT NEW.customer_id OR OLD.{at} IS NOT NEW.{at} BEGIN {new} END"
        )
        yield (
            f'CREATE TRIGGER {name}_left AFTER UPDATE OF customer_id ON "{table}" '
            f"WHEN OLD.customer_id IS NOT NEW.customer_id BEGIN {old} END"
        )


def _postgres() -> Iterator[str]:
    old = _touch("OLD.customer_id")
    yield f"""
        CREATE OR REPLACE FUNCTION touch_customer() RETURNS trigger LANGUAGE plpgsql AS $body$
        BEGIN {_touch("NEW.id")} RETURN NULL; END $body$
    """
    for table, at in TOUCHES:
        yield f"""
            CREATE OR REPLACE FUNCTION touch_customer_of_{table}() RETURNS trigger LANGUAGE plpgsql AS $body$
            BEGIN
                IF TG_OP = 'DELETE' OR TG_OP = 'UPDATE' AND OLD.customer_id IS DISTINCT FROM NEW.customer_id
                THEN {old} END IF;
                IF TG_OP <> 'DELETE' THEN {_touch_at(f"NEW.{at}")} END IF;
                RETURN NULL;
            END $body$
        """
    yield from POSTGRES_REMOVAL
    yield (
        "CREATE TRIGGER touch_customer AFTER INSERT ON customer FOR EACH ROW "
        "EXECUTE FUNCTION touch_customer()"
    )
    for table, at in TOUCHES:
        yield (
            f'CREATE TRIGGER touch_customer AFTER INSERT OR DELETE ON "{table}" '
            f"FOR EACH ROW EXECUTE FUNCTION touch_customer_of_{table}()"
        )
        yield (
            f'CREATE TRIGGER touch_customer_moved AFTER UPDATE OF customer_id, {at} ON "{table}" '
            f"FOR EACH ROW WHEN ((OLD.customer_id, OLD.{at}) IS DISTINCT FROM (NEW.customer_id, NEW.{at})) "
            f"EXECUTE FUNCTION touch_customer_of_{table}()"
        )


POSTGRES_REMOVAL = (
    *(f'DROP TRIGGER IF EXISTS touch_customer ON "{table}"' for table in ("customer", "call", "message")),
    *(f'DROP TRIGGER IF EXISTS touch_customer_moved ON "{table}"' for table, _ in TOUCHES),
)
SQLITE_INSTALLATION = tuple(_sqlite())
POSTGRES_INSTALLATION = tuple(_postgres())
# Grouped, so that it is one pass over each table.
FILLING = (
    "DELETE FROM customer_touch",
    """
    INSERT INTO customer_touch (customer_id, at)
    SELECT c.id, coalesce(touches.at, c.created_at) FROM customer c LEFT JOIN (
        SELECT customer_id, max(at) AS at FROM (
            SELECT customer_id, max(started_at) AS at FROM call GROUP BY customer_id
            UNION ALL SELECT customer_id, max(created_at) FROM message GROUP BY customer_id
        ) AS every GROUP BY customer_id
    ) AS touches ON touches.customer_id = c.id
    """,
)
