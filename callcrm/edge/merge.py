"""Two saves of one thing, put together field by field."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Merged:
    """The values after both saves.

    `both`: the stored values of fields that both changed, each otherwise; there `values` has what was sent.
    """

    values: dict[str, str]
    both: dict[str, str]


def merge(
    base: Mapping[str, str],
    sent: Mapping[str, str],
    stored: Mapping[str, str],
    *,
    lists: Collection[str] = (),
) -> Merged:
    """What was `sent` by somebody who had seen `base`, put together with what was `stored` meanwhile.

    `lists` are fields with an item a line: what either added is in it, what either took out is not.
    """
    values, both = {}, {}
    for name, value in sent.items():
        before, now = base.get(name), stored[name]
        if name in lists:
            values[name] = _merge_list((before or "").split("\n"), value.split("\n"), now.split("\n"))
        elif value == before:
            values[name] = now
        else:
            values[name] = value
            if now not in (before, value):
                both[name] = now
    return Merged(values, both)


def _merge_list(base: list[str], sent: list[str], stored: list[str]) -> str:
    removed = set(base) - set(sent)
    added = [item for item in sent if item not in base and item not in stored]
    return "\n".join(item for item in [*(item for item in stored if item not in removed), *added] if item)
