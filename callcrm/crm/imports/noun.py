"""How imports join the navigation, the jobs and erasure."""

from datetime import datetime, timedelta

from sqlmodel import Session, col, delete, or_, select

from callcrm.calls.runtime import CallRuntime
from callcrm.crm.imports import customers_kind, imports, running
from callcrm.crm.noun import Duty, Noun, NounJob, NounPage
from callcrm.models import Role
from callcrm.models.crm.file_import import (
    FileImport,
    ImportChunk,
    ImportedRow,
    ImportFault,
    ImportMapping,
)

FILE_KEPT = timedelta(days=1)  # after its import, or its dry run


def drop_old_files(session: Session, _runtime: CallRuntime, now: datetime) -> int:
    """Forgets a file that is not under way and that nobody went on with for a day."""
    old = (
        select(FileImport)
        .join(ImportChunk, col(ImportChunk.import_id) == col(FileImport.id))
        .where(col(ImportChunk.position) == 0, col(FileImport.created_at) < now - FILE_KEPT)
        .where(or_(col(FileImport.state).in_(imports.OVER), FileImport.run == 0))
        .limit(1)
    )
    row = session.exec(old).first()
    if row is None:
        return 0
    imports.drop_file(session, row)
    return 1


def erase(session: Session, customer_id: str) -> int:
    """Forgets what imports keep of the customer: what they were before a change by file."""
    own = delete(ImportedRow).where(col(ImportedRow.subject_id) == customer_id)
    return session.exec(own).rowcount


IMPORTS = Noun(
    name="import",
    tables=(FileImport, ImportChunk, ImportFault, ImportedRow, ImportMapping),
    jobs=(NounJob(imports.JOB, lambda context: running.Importer(context).run),),
    duties=(Duty("forget old files of imports", 60, drop_old_files),),
    pages=(NounPage("/imports", lambda locale: locale._("Imports"), Role.SUPERVISOR),),
    imports=(customers_kind.KIND,),
    erase=erase,
)
