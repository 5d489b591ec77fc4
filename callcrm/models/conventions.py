"""What all models have in common: names of constraints, and tables; imported before the first of them."""

from sqlalchemy import Table
from sqlmodel import SQLModel

# A model with a table validates nothing, so its validator is built where somebody asks for it after all:
# building all of them takes a tenth of a start.
SQLModel.model_config["defer_build"] = True
# The same on both engines, so that a migration can name them.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


def table_of(model: type[SQLModel]) -> Table:
    """The Core table of a model, for statements that do without the ORM."""
    table: Table = model.__table__  # type: ignore[attr-defined]  # SQLModel sets it, but does not declare it
    return table
