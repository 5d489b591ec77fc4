"""PostgreSQL's side: a tsvector of each entry under a GIN index, kept by triggers. It needs no extension."""

from collections.abc import Container, Iterator, Sequence

from callcrm.store.derived.search_sources import LONGEST_TEXT, SOURCES, TRIGGERS, Source, Trigger

SHIFT = 28
MOST_POSITIONS = 16_383  # of a tsvector
# The tokens are lexemes as they stand: no parser of the server splits words its own way.
VECTOR = f"""
    CREATE OR REPLACE FUNCTION search_vector(text) RETURNS tsvector LANGUAGE sql IMMUTABLE AS $body$
        SELECT coalesce(string_agg(
            '''' || replace(replace(token, '\\', '\\\\'), '''', '''''')
                || ''':' || least(place, {MOST_POSITIONS}),
            ' '
        ), '')::tsvector
        FROM (
            SELECT left(token, 100) AS token, place
            FROM unnest(string_to_array($1, ' ')) WITH ORDINALITY AS tokens (token, place)
            WHERE token <> ''
        ) AS tokens
    $body$
"""
# Each number's trigrams, in the order of its digits; numbers are separated by a space.
TRIGRAMS = """
    CREATE OR REPLACE FUNCTION search_trigrams(text) RETURNS text LANGUAGE sql IMMUTABLE AS $body$
        SELECT coalesce(string_agg(tokens, ' # ' ORDER BY place), '') FROM (
            SELECT place, (
                SELECT string_agg('#' || substr(digits, start, 3), ' ' ORDER BY start)
                FROM generate_series(1, length(digits) - 2) AS start
            ) AS tokens
            FROM unnest(string_to_array(replace($1, '+', ''), ' ')) WITH ORDINALITY AS numbers (digits, place)
        ) AS numbers
    $body$
"""


def _text(kind: str, source: Source) -> str:
    numbers = f"search_trigrams(coalesce({source.numbers}, ''))"
    parts = [f"'#{kind}'", source.tokens, numbers, *source.words]
    joined = " || ' ' || ".join(parts).replace("{join}", "string_agg")
    return f"left({joined}, {LONGEST_TEXT})"


def _second(source: Source) -> str:
    return f"floor(extract(epoch FROM t.{source.at}))::bigint"


def _selection(kind: str, source: Source) -> str:
    entry_id = f"({_second(source)} << {SHIFT}) | (nextval('search_entry_number') & {(1 << SHIFT) - 1})"
    columns = f"{entry_id} AS id, '{kind}' AS kind, t.id AS subject_id, {_text(kind, source)} AS text"
    return f"""
        SELECT id, kind, subject_id, text, search_vector(text)
        FROM (SELECT {columns} FROM "{source.table}" t {source.joins}
    """


def _refresh(kind: str, source: Source) -> str:
    # The lock comes first: so the notes of a call are read with those another transaction added meanwhile.
    return f"""
        CREATE OR REPLACE FUNCTION search_refresh_{kind}(subject text) RETURNS void LANGUAGE plpgsql AS $body$
        BEGIN
            PERFORM 1 FROM search_entry WHERE kind = '{kind}' AND subject_id = subject FOR UPDATE;
            INSERT INTO search_entry AS e (id, kind, subject_id, text, vector)
            {_selection(kind, source)} WHERE t.id = subject) AS entries
            ON CONFLICT (kind, subject_id) DO UPDATE SET
                id = CASE WHEN e.id >> {SHIFT} = excluded.id >> {SHIFT} THEN e.id ELSE excluded.id END,
                text = excluded.text, vector = excluded.vector
            WHERE e.text <> excluded.text OR e.id >> {SHIFT} <> excluded.id >> {SHIFT};
        END $body$
    """


def _calls(selection: str, row: str) -> str:
    """The statement that refreshes what a selection of kind and id names."""
    kind, _, rest = selection.removeprefix("SELECT '").partition("', ")
    subject, _, conditions = rest.format(row=row).partition(" ")
    return f"PERFORM search_refresh_{kind}({subject}) {conditions};"


def _watch(number: int, trigger: Trigger) -> Iterator[str]:
    table, name = trigger.table, f"search_{trigger.table}_{number}"

    def refresh(row: str, selections: Sequence[str] = trigger.refreshed) -> str:
        return " ".join(_calls(selection, row) for selection in selections)

    others = [each for each in trigger.refreshed if not each.startswith(f"SELECT '{table}'")]
    gone = (
        f"DELETE FROM search_entry WHERE kind = '{table}' AND subject_id = OLD.id;"
        if table in SOURCES
        else ""
    )
    moved = refresh("OLD") if table in ("note", "customer_phone") else ""
    changed = " OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in trigger.columns)
    yield f"""
        CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $body$
        BEGIN
            IF TG_OP = 'DELETE' THEN {gone} {refresh("OLD", others)} RETURN NULL; END IF;
            IF TG_OP = 'UPDATE' THEN {moved} END IF;
            {refresh("NEW")}
            RETURN NULL;
        END $body$
    """
    yield f'DROP TRIGGER IF EXISTS {name}_update ON "{table}"'
    yield (
        f'CREATE TRIGGER {name}_update AFTER UPDATE OF {", ".join(trigger.columns)} ON "{table}" '
        f"FOR EACH ROW WHEN ({changed}) EXECUTE FUNCTION {name}()"
    )
    if trigger.columns == ("created_at",):
        return
    yield f'DROP TRIGGER IF EXISTS {name} ON "{table}"'
    yield f'CREATE TRIGGER {name} AFTER INSERT OR DELETE ON "{table}" FOR EACH ROW EXECUTE FUNCTION {name}()'


def installation(tables: Container[str]) -> Iterator[str]:
    """The statements that create the functions, and the triggers of these tables."""
    yield VECTOR
    yield TRIGRAMS
    for kind, source in SOURCES.items():
        if source.table in tables:
            yield _refresh(kind, source)
    for number, trigger in enumerate(TRIGGERS):
        if trigger.table in tables:
            yield from _watch(number, trigger)


def removal(tables: Container[str]) -> Iterator[str]:
    """The statements that drop the triggers of these tables."""
    for number, trigger in enumerate(TRIGGERS):
        if trigger.table in tables:
            name = f"search_{trigger.table}_{number}"
            yield f'DROP TRIGGER IF EXISTS {name}_update ON "{trigger.table}"'
            yield f'DROP TRIGGER IF EXISTS {name} ON "{trigger.table}"'


def filling(tables: Container[str]) -> Iterator[str]:
    """The statements that derive the entries of these tables anew."""
    yield "DELETE FROM search_entry"
    for kind, source in SOURCES.items():
        if source.table in tables:
            entries = f"{_selection(kind, source)}) AS entries"
            yield f"INSERT INTO search_entry (id, kind, subject_id, text, vector) {entries}"
