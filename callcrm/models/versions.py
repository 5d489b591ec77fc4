"""What people edit carries a version, so that a save based on an older one is seen to be that."""

from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar

from sqlalchemy import ColumnElement, FetchedValue, case, event, inspect, or_
from sqlalchemy.orm import Mapper
from sqlmodel import Field, Session, SQLModel

from callcrm.models.conventions import table_of

Row = TypeVar("Row", bound=SQLModel)


class Versioned(SQLModel):
    """The base of tables whose rows people edit. `version` grows with every change of a column in EDITED."""

    EDITED: ClassVar[tuple[str, ...]]
    # The version is counted by the engine, and comes back with the UPDATE that changes it.
    __mapper_args__: ClassVar[dict[str, Any]] = {"eager_defaults": True}
    # Statements of Core leave the first version to the engine.
    version: int = Field(
        default=1,
        sa_column_kwargs={"default": None, "server_default": "1", "server_onupdate": FetchedValue()},
    )


@event.listens_for(Versioned, "before_update", propagate=True)
def _grow(_mapper: Mapper[Any], _connection: object, row: Versioned) -> None:
    state = inspect(row)
    if any(state.attrs[name].history.has_changes() for name in row.EDITED):
        row.version = type(row).version + 1


def with_version(model: type[Versioned], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of an UPDATE of Core's, with a version that grows where one of EDITED becomes another."""
    columns = table_of(model).c
    differs = [columns[name].is_distinct_from(values[name]) for name in model.EDITED if name in values]
    if not differs:
        return dict(values)
    version: ColumnElement[int] = case((or_(*differs), columns.version + 1), else_=columns.version)
    return {**values, "version": version}


def locked(session: Session, model: type[Row], key: str) -> Row | None:
    """The row as it is now, which no other verb changes before this one's commit; None if there is none."""
    return session.get(model, key, with_for_update=True, populate_existing=True)
