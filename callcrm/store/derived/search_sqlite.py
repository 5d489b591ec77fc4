"""SQLite's side: an FTS5 table over the entries, and triggers that write down what is due.

The id of an entry is its second since 1970, shifted, plus a number within that second. So FTS5, which finds
in the order of ids, finds the newest first, and stops at the limit.
"""

from collections.abc import Container, Iterator
from typing import Any

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
FTS = "search_fts"
TERMS = "search_fts_terms"
PREFIX = "search_"  # of the names of all triggers
# FTS5 writes a segment for each statement and merges them level by level. With 16 on a level it would merge
# these in the next commit, however large they are: a gigabyte holds up everybody who writes for a quarter of
# a minute. So it may have more, and whoever adds entries merges some pages. It can't have 2000 on all levels.
_SEGMENTS = 500
_PAGES = 128
MERGE_SOME = f"INSERT INTO {FTS} ({FTS}, rank) VALUES ('merge', {_PAGES})"


def _grams() -> str:
    """The grams of the column `digits`, in the order of its digits: the short ones, then the long ones."""

    def grams(shortest: int, length: int) -> str:
        return " || ".join(
            f"iif(length(digits) >= {place + shortest - 1}, "
            f"'#' || substr(digits, {place}, {length}) || ' ', '')"
            for place in range(1, LONGEST_NUMBER - shortest + 2)
        )

    return f"{grams(SHORTEST_GRAM, GRAM)} || '# ' || {grams(LONG_GRAM, LONG_GRAM)}"


def _number_tokens(source: Source) -> str:
    if source.numbers is None:
        return "''"
    # LIMIT keeps the planner from writing the replacement in the place of each of the digits.
    numbers = f"SELECT replace(number, '+', '') AS digits FROM ({source.numbers}) LIMIT -1"
    return f"coalesce((SELECT group_concat({_grams()}, '# ') FROM ({numbers})), '')"


def _text(kind: str, source: Source) -> str:
    parts = [f"'#{kind} '", *filter_tokens(source), _number_tokens(source), " || ' ' || ".join(source.words)]
    joined = " || ".join(parts).replace("{join}", "group_concat").replace("{hex}", "hex")
    return f"substr({joined}, 1, {LONGEST_TEXT})"


def _second(source: Source) -> str:
    return f"CAST(strftime('%s', t.{source.at}) AS INTEGER)"


def _selection(kind: str, source: Source, entry_id: str) -> str:
    """The rows of `search_entry` for all rows of the kind."""
    columns = f"{entry_id} AS id, '{kind}' AS kind, t.id AS subject_id, {_text(kind, source)} AS text"
    return f'SELECT {columns} FROM "{source.table}" t {source.joins}'


def refresh(kind: str) -> str:
    """The statement that derives the entry of the subject `:subject` anew."""
    source = SOURCES[kind]
    start = f"({_second(source)} << {SHIFT})"
    within = f"id >= {start} AND id < {start} + (1 << {SHIFT})"
    free = f"coalesce((SELECT max(id) + 1 FROM search_entry WHERE {within}), {start})"
    return f"""
        INSERT INTO search_entry (id, kind, subject_id, text)
        {_selection(kind, source, free)} WHERE t.id = :subject
        ON CONFLICT (kind, subject_id) DO UPDATE SET
            id = CASE WHEN id >> {SHIFT} = excluded.id >> {SHIFT} THEN id ELSE excluded.id END,
            text = excluded.text
        WHERE text <> excluded.text OR id >> {SHIFT} <> excluded.id >> {SHIFT}
    """


def _watch(number: int, watch: Watch) -> Iterator[str]:
    """The triggers of one table."""
    table, name = watch.table, f"{PREFIX}{watch.table}_{number}"

    def due(row: str, pairs: tuple[tuple[str, str], ...] = watch.due) -> str:
        return " ".join(
            f"INSERT INTO search_due (kind, subject_id) SELECT '{kind}', {row}.{column} "
            f"WHERE {row}.{column} IS NOT NULL;"
            for kind, column in pairs
        )

    moved = tuple(pair for pair in watch.due if pair[1] != "id")
    yield (
        f'CREATE TRIGGER {name}_update AFTER UPDATE OF {", ".join(watch.changes)} ON "{table}" '
        f"WHEN {watch.is_changed('IS NOT')} BEGIN {due('OLD', moved)} {due('NEW')} END"
    )
    if not watch.updates_only:
        yield f'CREATE TRIGGER {name}_insert AFTER INSERT ON "{table}" BEGIN {due("NEW")} END'
        yield f'CREATE TRIGGER {name}_delete AFTER DELETE ON "{table}" BEGIN {due("OLD")} END'


def _index() -> Iterator[str]:
    forget = f"INSERT INTO {FTS} ({FTS}, rowid, text) VALUES ('delete', OLD.id, OLD.text);"
    add = f"INSERT INTO {FTS} (rowid, text) VALUES (NEW.id, NEW.text);"
    yield f"""
        CREATE VIRTUAL TABLE IF NOT EXISTS {FTS} USING fts5 (
            text, content = 'search_entry', content_rowid = 'id', prefix = '1 2 3',
            tokenize = "unicode61 remove_diacritics 0 tokenchars '#'"
        )
    """
    yield f"INSERT INTO {FTS} ({FTS}, rank) VALUES ('crisismerge', {_SEGMENTS})"
    yield f"CREATE VIRTUAL TABLE IF NOT EXISTS {TERMS} USING fts5vocab ({FTS}, instance)"
    yield f"CREATE TRIGGER {PREFIX}entry_insert AFTER INSERT ON search_entry BEGIN {add} END"
    yield f"CREATE TRIGGER {PREFIX}entry_delete AFTER DELETE ON search_entry BEGIN {forget} END"
    yield (
        f"CREATE TRIGGER {PREFIX}entry_update AFTER UPDATE OF id, text ON search_entry "
        f"BEGIN {forget} {add} END"
    )


def installation(tables: Container[str]) -> Iterator[str]:
    """The statements that create the index, and the triggers of these tables."""
    yield from _index()
    for number, watch in enumerate(WATCHES):
        if watch.table in tables:
            yield from _watch(number, watch)


def filling(tables: Container[str]) -> Iterator[str]:
    """The statements that derive the entries of these tables anew."""
    yield "DELETE FROM search_due"
    yield "DELETE FROM search_entry"
    for number, (kind, source) in enumerate(SOURCES.items()):
        entry_id = f"({_second(source)} << {SHIFT}) + {number} + t.rowid * {len(SOURCES)}"
        if source.table in tables:
            entries = _selection(kind, source, entry_id)
            yield f"INSERT INTO search_entry (id, kind, subject_id, text) {entries}"
    yield f"INSERT INTO {FTS} ({FTS}) VALUES ('rebuild')"


def removal(driver: Any) -> list[str]:
    """The statements that drop what triggers there are."""
    names = driver.execute(
        f"SELECT name FROM sqlite_master WHERE type = 'trigger' AND name GLOB '{PREFIX}*'"
    ).fetchall()
    return [f'DROP TRIGGER "{name}"' for (name,) in names]
