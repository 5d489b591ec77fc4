"""Forms of what several people edit: each carries the version it was filled from, and what that said.

A save of an older version is put together with what is stored. Fields that both changed are shown side by
side (`shared/editing.html`), with what was typed still in the form, and whoever saves chooses.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from starlette.datastructures import FormData

from callcrm.base.errors import Conflict
from callcrm.edge.merge import Merged, merge

VERSION, BASE, CHOICE = "version", "base", "choice."
STORED = "stored"


class BothChanged(Conflict):
    """A save that contradicts another one; with the fields as they are to be shown, and the stored ones."""

    def __init__(self, merged: Merged, stored: Mapping[str, str], version: str) -> None:
        super().__init__("Somebody else changed this meanwhile.")
        self.fields = merged.values
        self.editing = Editing(version, dict(stored), both=merged.both)


@dataclass(slots=True)
class Editing:
    """Which version a form was filled from, and its fields then; `both`: stored values of contested fields.

    Without a version, the fields that are sent are saved whatever is stored.
    """

    version: str = ""
    base: dict[str, str] = field(default_factory=dict)
    chosen: frozenset[str] = frozenset()
    both: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of_form(cls, form: FormData) -> "Editing":
        """What the form carries."""
        chosen = {name.removeprefix(CHOICE) for name, value in form.items() if value == STORED}
        return cls(str(form.get(VERSION, "")), _texts(str(form.get(BASE, ""))), frozenset(chosen))

    @property
    def base_text(self) -> str:
        """The fields, for the form to carry."""
        return json.dumps(self.base, ensure_ascii=False)

    def merge(
        self, sent: Mapping[str, str], stored: Mapping[str, str], version: str, lists: Collection[str] = ()
    ) -> dict[str, str]:
        """The fields to save; BothChanged where somebody has to choose."""
        wanted = {
            name: self.base.get(name, value) if name in self.chosen else value for name, value in sent.items()
        }
        if self.version in ("", version):
            return wanted
        merged = merge(self.base, wanted, stored, lists=lists)
        if merged.both:
            raise BothChanged(merged, stored, version)
        return merged.values


def _texts(text: str) -> dict[str, str]:
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return {name: str(value) for name, value in fields.items()} if isinstance(fields, dict) else {}
