"""Erasing what the nouns keep of a customer."""

from sqlmodel import Session

from callcrm.crm.seams import Seams


def erase(session: Session, seams: Seams, customer_id: str) -> dict[str, int]:
    """Remove everything every noun keeps of a customer; by noun, how many rows that was."""
    return {noun.name: noun.erase(session, customer_id) for noun in seams.nouns}
