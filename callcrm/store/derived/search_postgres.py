"""PostgreSQL's side: a tsvector of each entry under a GIN index, and triggers that write down what is due. It
needs no extension.
"""

from collections.abc import Container, Iterator

from callcrm.store.derived.search_sources import (
    GRAM,
    LONG_GRAM,
    LONGEST_NUMBER,
    LONGEST_TEXT,
    SHORTEST_GRAM,
    SOURCES,
    WATCHES,
    Source,
    Watch,
    filter_tokens,
)

SHIFT = 28
PLACES = 32  # of a tsvector, for the short grams of one number, and as many for the long ones
MOST_NUMBERS = 250  # a tsvector has 16,383 places
TERMS = "search_fts_terms"
INDEX = "CREATE INDEX ix_search_entry_vector ON search_entry USING gin (vector) WITH (fastupdate = off)"
# The tokens are lexemes as they stand: no parser of the server splits words its own way.
VECTOR = """
    CREATE OR REPLACE FUNCTION search_vector(words text, grams text) RETURNS tsvector
    LANGUAGE sql IMMUTABLE AS $body$
        SELECT array_to_tsvector(ARRAY(
            SELECT left(token, 100) FROM unnest(string_to_array(words, ' ')) AS tokens (token)
            WHERE token <> ''
        )) || coalesce(grams, '')::tsvector
    $body$
"""
# A number's grams, each with its place, in the order of its digits.
GRAMS = f"""
    CREATE OR REPLACE FUNCTION search_grams(number text, n bigint) RETURNS text
    LANGUAGE plpgsql IMMUTABLE AS $body$
        DECLARE
            digits text := regexp_replace(number, '[^0-9]', '', 'g');
            grams text := '';
        BEGIN
            FOR place IN 1 .. least(length(digits), {LONGEST_NUMBER}) - {SHORTEST_GRAM - 1} LOOP
                grams := grams || '#' || substr(digits, place, {GRAM})
                    || ':' || 2 * n * {PLACES} + place || ' ';
            END LOOP;
            FOR place IN 1 .. least(length(digits), {LONGEST_NUMBER}) - {LONG_GRAM - 1} LOOP
                grams := grams || '#' || substr(digits, place, {LONG_GRAM})
                    || ':' || (2 * n + 1) * {PLACES} + place || ' ';
            END LOOP;
            RETURN grams;
        END
    $body$
"""
HEX = """
    CREATE OR REPLACE FUNCTION search_hex(text) RETURNS text LANGUAGE sql IMMUTABLE AS
    $body$ SELECT encode(convert_to($1, 'UTF8'), 'hex') $body$
"""


def _grams(source: Source) -> str:
    if source.numbers is None:
        return "NULL"
    numbers = f"SELECT number, row_number() OVER () - 1 AS n FROM ({source.numbers}) AS numbers"
    grams = f"SELECT string_agg(search_grams(number, n), '') FROM ({numbers}) AS numbers"
    return f"({grams} WHERE n < {MOST_NUMBERS})"


def _words(kind: str, source: Source) -> str:
    parts = [f"'#{kind} '", *filter_tokens(source), " || ' ' || ".join(source.words)]
    joined = " || ".join(parts).replace("{join}", "string_agg").replace("{hex}", "search_hex")
    return f"left({joined}, {LONGEST_TEXT})"


def _second(source: Source) -> str:
    return f"floor(extract(epoch FROM t.{source.at}))::bigint"


def _selection(kind: str, source: Source) -> str:
    """The rows of `search_entry` for all rows of the kind."""
    entry_id = f"({_second(source)} << {SHIFT}) | (nextval('search_entry_number') & {(1 << SHIFT) - 1})"
    vector = f"search_vector({_words(kind, source)}, {_grams(source)})"
    return f"""SELECT {entry_id}, '{kind}', t.id, '', {vector} FROM "{source.table}" t {source.joins}"""


def refresh(kind: str) -> tuple[str, str]:
    """The statements that derive the entries of `:subjects` anew, and add their new words to the terms."""
    source = SOURCES[kind]
    return (
        f"""
        INSERT INTO search_entry AS e (id, kind, subject_id, text, vector)
        {_selection(kind, source)} WHERE t.id = ANY(:subjects)
        ON CONFLICT (kind, subject_id) DO UPDATE SET
            id = CASE WHEN e.id >> {SHIFT} = excluded.id >> {SHIFT} THEN e.id ELSE excluded.id END,
            vector = excluded.vector
        WHERE e.vector <> excluded.vector OR e.id >> {SHIFT} <> excluded.id >> {SHIFT}
        """,
        f"{_terms()} AND e.kind = '{kind}' AND e.subject_id = ANY(:subjects) ON CONFLICT DO NOTHING",
    )


def _terms() -> str:
    terms = "SELECT DISTINCT term FROM search_entry e, unnest(tsvector_to_array(e.vector)) AS terms (term)"
    return f"INSERT INTO {TERMS} (term) {terms} WHERE left(term, 1) <> '#'"


def _watch(number: int, watch: Watch) -> Iterator[str]:
    """A function that writes down what is due, and the triggers that call it."""
    table, name = watch.table, f"search_{watch.table}_{number}"
    new = " ".join(_add("NEW", kind, column) for kind, column in watch.due)
    old = " ".join(
        f"IF TG_OP = 'DELETE' THEN {_add('OLD', kind, column)} END IF;"
        if column == "id"
        else _add("OLD", kind, column)
        for kind, column in watch.due
    )
    yield f"""
        CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $body$
        BEGIN
            IF TG_OP <> 'INSERT' THEN {old} END IF;
            IF TG_OP <> 'DELETE' THEN {new} END IF;
            RETURN NULL;
        END $body$
    """
    yield f'DROP TRIGGER IF EXISTS {name}_update ON "{table}"'
    yield (
        f'CREATE TRIGGER {name}_update AFTER UPDATE OF {", ".join(watch.changes)} ON "{table}" '
        f"FOR EACH ROW WHEN ({watch.is_changed('IS DISTINCT FROM')}) EXECUTE FUNCTION {name}()"
    )
    if not watch.updates_only:
        yield f'DROP TRIGGER IF EXISTS {name} ON "{table}"'
        yield (
            f'CREATE TRIGGER {name} AFTER INSERT OR DELETE ON "{table}" '
            f"FOR EACH ROW EXECUTE FUNCTION {name}()"
        )


def _add(row: str, kind: str, column: str) -> str:
    insert = f"INSERT INTO search_due (kind, subject_id) VALUES ('{kind}', {row}.{column});"
    return insert if column == "id" else f"IF {row}.{column} IS NOT NULL THEN {insert} END IF;"


def installation(tables: Container[str]) -> Iterator[str]:
    """The statements that create the functions, and the triggers of these tables."""
    yield from (VECTOR, GRAMS, HEX)
    for number, watch in enumerate(WATCHES):
        if watch.table in tables:
            yield from _watch(number, watch)


def removal(tables: Container[str]) -> Iterator[str]:
    """The statements that drop the triggers of these tables."""
    for number, watch in enumerate(WATCHES):
        if watch.table in tables:
            name = f"search_{watch.table}_{number}"
            yield f'DROP TRIGGER IF EXISTS {name}_update ON "{watch.table}"'
            yield f'DROP TRIGGER IF EXISTS {name} ON "{watch.table}"'


def filling(tables: Container[str]) -> Iterator[str]:
    """The statements that derive the entries of these tables anew."""
    yield from ("DELETE FROM search_due", "DELETE FROM search_entry", f"DELETE FROM {TERMS}")
    yield "DROP INDEX ix_search_entry_vector"  # made at the end, it takes a fraction of the time
    yield "SET LOCAL maintenance_work_mem = '256MB'"
    for kind, source in SOURCES.items():
        if source.table in tables:
            yield f"INSERT INTO search_entry (id, kind, subject_id, text, vector) {_selection(kind, source)}"
    yield _terms()
    yield INDEX
