"""New rows, before they are stored."""

from sqlmodel import SQLModel

from callcrm import models


def test_no_two_new_rows_share_a_list_or_a_mapping() -> None:
    rows = [(model(), model()) for model in vars(models).values() if _is_table(model)]
    held = [
        (value, other)
        for first, second in rows
        for value, other in zip(vars(first).values(), vars(second).values(), strict=True)
        if isinstance(value, list | dict)
    ]
    assert len(held) >= 4
    assert [value for value, other in held if value is other] == []


def _is_table(model: object) -> bool:
    return isinstance(model, type) and issubclass(model, SQLModel) and hasattr(model, "__table__")
