"""Restores a backup in the place of a store, which is kept aside; all of it or nothing."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import make_url

from callcrm.base.clock import Clock
from callcrm.base.errors import Refused
from callcrm.store.backup import archive, onto_postgres, onto_sqlite
from callcrm.store.backup.archive import Manifest
from callcrm.store.migrations.schema import newest_revision, revisions


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored, how many rows, and where the store that was there before is kept."""

    manifest: Manifest
    rows: int
    kept: str | None


def restore(url: str, path: Path, clock: Clock) -> Restored:
    """Replaces the store of this URL by the backup at `path`, at the newest schema.

    Refused, with the store as it was, where the backup is damaged or a newer program's, or the store is in
    use; StoreDown where it can't be written.
    """
    name = f"before-{clock.now():%Y%m%dT%H%M%SZ}"
    with archive.open_archive(path) as opened:
        manifest = opened.manifest
        if manifest.revision not in revisions():
            raise Refused(
                f"{path} was made by a newer callcrm ({manifest.program}, schema {manifest.revision}; this"
                f" one has {newest_revision()}): restore it with that version"
            )
        if url.startswith("sqlite"):
            rows, kept = onto_sqlite.restore(Path(make_url(url).database or ""), opened, clock, name)
        else:
            rows, kept = onto_postgres.restore(url, opened, clock, name)
    return Restored(manifest, rows, kept)
