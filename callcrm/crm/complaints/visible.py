"""Which complaints exist for whom: one about a person does not for that person, whatever their role."""

from sqlalchemy import ColumnElement, true
from sqlmodel import col

from callcrm.agents.principal import Principal
from callcrm.models.crm.complaint import Complaint


def visible(user: Principal) -> ColumnElement[bool]:
    """The condition for complaints that this user may know of; a program may know of all."""
    return visible_to(user.user_id)


def visible_to(user_id: str | None) -> ColumnElement[bool]:
    """The same for the user of this id; None for a program."""
    return true() if user_id is None else col(Complaint.staff_id).is_distinct_from(user_id)


def is_hidden(complaint: Complaint, user_id: str | None) -> bool:
    """Whether this complaint does not exist for this user."""
    return user_id is not None and complaint.staff_id == user_id
