"""Which complaints exist for whom: one about a person does not for that person, whatever their role.

Who wrote it on a form may not have known the person's name. Until a supervisor names them, it exists for
supervisors alone: it may be about any of the others.
"""

from sqlalchemy import ColumnElement, and_, or_, true
from sqlmodel import col

from callcrm.agents.principal import Principal
from callcrm.models import Role, User
from callcrm.models.crm.complaint import About, Complaint

SUPERVISING = (Role.SUPERVISOR, Role.ADMIN)
NAMED = or_(col(Complaint.about) != About.STAFF, col(Complaint.staff_id).is_not(None))


def visible(user: Principal) -> ColumnElement[bool]:
    """The condition for complaints that this user may know of; a program may know of all."""
    if user.user_id is None:
        return true()
    about_another = col(Complaint.staff_id).is_distinct_from(user.user_id)
    return about_another if user.supervises else and_(about_another, NAMED)


def is_unnamed(complaint: Complaint) -> bool:
    """Whether it is about a person whom nobody has named yet."""
    return complaint.about == About.STAFF and complaint.staff_id is None


def is_hidden(complaint: Complaint, user: Principal) -> bool:
    """Whether this complaint does not exist for this user."""
    return user.user_id is not None and _is_hidden(complaint, user.user_id, supervises=user.supervises)


def is_hidden_from(complaint: Complaint, user: User) -> bool:
    """The same for somebody who may get to handle it."""
    return _is_hidden(complaint, user.id, supervises=user.role in SUPERVISING)


def _is_hidden(complaint: Complaint, user_id: str, *, supervises: bool) -> bool:
    return complaint.staff_id == user_id or (is_unnamed(complaint) and not supervises)
