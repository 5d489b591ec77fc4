"""Erasing what the nouns keep of a customer."""

from sqlmodel import Session

from callcrm.crm.seams import Seams


def erase(session: Session, seams: Seams, customer_id: str) -> dict[str, int]:
    """Deletes everything the nouns keep of a customer; by noun, how many rows."""
    return {noun.name: noun.erase(session, customer_id) for noun in seams.nouns}
