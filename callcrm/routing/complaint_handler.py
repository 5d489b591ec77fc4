"""Who handles a caller's complaint, and so is rung first when they call again."""

from typing import Any

from sqlalchemy import ColumnElement, Text, cast, func, null, select
from sqlmodel import col

from callcrm.business.modules import NAME as MODULES_OFF
from callcrm.models.crm.complaint import Complaint
from callcrm.routing.priority import setting_text

MODULE = "complaints"


def handler_of(customer_id: object, *, plain: bool = False) -> ColumnElement[Any]:
    """The user who handles the customer's newest open complaint that somebody handles; none while the module
    is switched off, or where calls are to be served plainly.
    """
    if plain:
        return cast(null(), Text)
    off = setting_text(MODULES_OFF).scalar_subquery()
    newest = (
        select(col(Complaint.owner_id))
        .where(col(Complaint.customer_id) == customer_id, col(Complaint.closed_at).is_(None))
        .where(col(Complaint.owner_id).is_not(None), func.coalesce(off, "").not_like(f'%"{MODULE}"%'))
        .order_by(col(Complaint.opened_at).desc(), col(Complaint.id).desc())
        .limit(1)
    )
    return newest.scalar_subquery()
