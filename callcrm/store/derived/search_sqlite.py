"""SQLite's side: an FTS5 table over the entries, kept by triggers.

The id of an entry is its second since 1970, shifted, plus a number within that second. So FTS5, which finds
in the order of ids, finds the newest first, and stops at the limit.
"""

from collections.abc import Container, Iterator
from typing import Any

from callcrm.store.derived.search_sources import (
    LONGEST_NUMBER,
    LONGEST_TEXT,
    SOURCES,
    TRIGGERS,
    Source,
    Trigger,
)

SHIFT = 28
FTS = "search_fts"
VIEW = "search_refresh"
PREFIX = "search_"  # of the names of all triggers


def _trigrams(digits: str) -> str:
    """The tokens of one number, in the order of its digits."""
    return " || ".join(
        f"iif(length({digits}) >= {place + 2}, '#' || substr({digits}, {place}, 3) || ' ', '')"
        for place in range(1, LONGEST_NUMBER - 1)
    )


def _number_tokens(kind: str, source: Source) -> str:
    if source.numbers == "NULL":
        return "''"
    if kind != "customer":
        return _trigrams(f"replace({source.numbers}, '+', '')")
    tokens = _trigrams("replace(p.e164, '+', '')")
    return f"(SELECT group_concat({tokens}, ' # ') FROM customer_phone p WHERE p.customer_id = t.id)"


def _text(kind: str, source: Source) -> str:
    parts = [f"'#{kind}'", source.tokens, f"coalesce({_number_tokens(kind, source)}, '')", *source.words]
    joined = " || ' ' || ".join(parts).replace("{join}", "group_concat")
    return f"substr({joined}, 1, {LONGEST_TEXT})"


def _second(source: Source) -> str:
    return f"CAST(strftime('%s', t.{source.at}) AS INTEGER)"


def _selection(kind: str, source: Source, entry_id: str) -> str:
    """The rows of `search_entry` for all rows of the kind."""
    columns = f"{entry_id} AS id, '{kind}' AS kind, t.id AS subject_id, {_text(kind, source)} AS text"
    return f'SELECT {columns} FROM "{source.table}" t {source.joins}'


def _refresh(kind: str, source: Source) -> str:
    start = f"({_second(source)} << {SHIFT})"
    within = f"id >= {start} AND id < {start} + (1 << {SHIFT})"
    free = f"coalesce((SELECT max(id) + 1 FROM search_entry WHERE {within}), {start})"
    return f"""
        CREATE TRIGGER {PREFIX}refresh_{kind} INSTEAD OF INSERT ON {VIEW} WHEN NEW.kind = '{kind}' BEGIN
            INSERT INTO search_entry (id, kind, subject_id, text)
            {_selection(kind, source, free)} WHERE t.id = NEW.subject_id
            ON CONFLICT (kind, subject_id) DO UPDATE SET
                id = CASE WHEN id >> {SHIFT} = excluded.id >> {SHIFT} THEN id ELSE excluded.id END,
                text = excluded.text
            WHERE text <> excluded.text OR id >> {SHIFT} <> excluded.id >> {SHIFT};
        END
    """


def _watch(number: int, trigger: Trigger) -> Iterator[str]:
    """The triggers of one table."""
    table = trigger.table

    def refresh(row: str) -> str:
        return " ".join(
            f"INSERT INTO {VIEW} (kind, subject_id) {selection.format(row=row)};"
            for selection in trigger.refreshed
        )

    changed = " OR ".join(f"OLD.{column} IS NOT NEW.{column}" for column in trigger.columns)
    moved = f"{refresh('OLD')} {refresh('NEW')}" if table in ("note", "customer_phone") else refresh("NEW")
    name, columns = f"{PREFIX}{table}_{number}", ", ".join(trigger.columns)
    yield (
        f'CREATE TRIGGER {name}_update AFTER UPDATE OF {columns} ON "{table}" '
        f"WHEN {changed} BEGIN {moved} END"
    )
    if trigger.columns == ("created_at",):
        return
    yield f'CREATE TRIGGER {name}_insert AFTER INSERT ON "{table}" BEGIN {refresh("NEW")} END'
    gone = (
        f"DELETE FROM search_entry WHERE kind = '{table}' AND subject_id = OLD.id;"
        if table in SOURCES
        else ""
    )
    others = " ".join(
        f"INSERT INTO {VIEW} (kind, subject_id) {selection.format(row='OLD')};"
        for selection in trigger.refreshed
        if not selection.startswith(f"SELECT '{table}'")
    )
    yield f'CREATE TRIGGER {name}_delete AFTER DELETE ON "{table}" BEGIN {gone} {others} END'


def _index() -> Iterator[str]:
    forget = f"INSERT INTO {FTS} ({FTS}, rowid, text) VALUES ('delete', OLD.id, OLD.text);"
    add = f"INSERT INTO {FTS} (rowid, text) VALUES (NEW.id, NEW.text);"
    yield f"""
        CREATE VIRTUAL TABLE IF NOT EXISTS {FTS} USING fts5 (
            text, content = 'search_entry', content_rowid = 'id', prefix = '1 2 3',
            tokenize = "unicode61 remove_diacritics 0 tokenchars '#'"
        )
    """
    yield f"CREATE TRIGGER {PREFIX}entry_insert AFTER INSERT ON search_entry BEGIN {add} END"
    yield f"CREATE TRIGGER {PREFIX}entry_delete AFTER DELETE ON search_entry BEGIN {forget} END"
    yield (
        f"CREATE TRIGGER {PREFIX}entry_update AFTER UPDATE OF id, text ON search_entry "
        f"BEGIN {forget} {add} END"
    )


def _number_of_row(kind: int) -> str:
    """A number that no other row of any kind has."""
    return f"{kind} + {len(SOURCES)} * ROW_NUMBER() OVER ()"


def installation(tables: Container[str]) -> Iterator[str]:
    """The statements that create the index, and the triggers of these tables."""
    yield from _index()
    yield f"CREATE VIEW {VIEW} AS SELECT kind, subject_id FROM search_entry WHERE 0"
    for kind, source in SOURCES.items():
        if source.table in tables:
            yield _refresh(kind, source)
    for number, trigger in enumerate(TRIGGERS):
        if trigger.table in tables:
            yield from _watch(number, trigger)


def filling(tables: Container[str]) -> Iterator[str]:
    """The statements that derive the entries of these tables anew."""
    yield "DELETE FROM search_entry"
    for number, (kind, source) in enumerate(SOURCES.items()):
        entry_id = f"({_second(source)} << {SHIFT}) + {number} + ROW_NUMBER() OVER () * {len(SOURCES)}"
        if source.table in tables:
            entries = _selection(kind, source, entry_id)
            yield f"INSERT INTO search_entry (id, kind, subject_id, text) {entries}"
    yield f"INSERT INTO {FTS} ({FTS}) VALUES ('rebuild')"


def removal(driver: Any) -> list[str]:
    """The statements that drop what triggers there are."""
    names = driver.execute(
        f"SELECT name FROM sqlite_master WHERE type = 'trigger' AND name GLOB '{PREFIX}*'"
    ).fetchall()
    return [*(f'DROP TRIGGER "{name}"' for (name,) in names), f"DROP VIEW IF EXISTS {VIEW}"]
