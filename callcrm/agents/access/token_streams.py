"""Streams of tokens that end with what their user may do."""

from sqlmodel import Session, col, select

from callcrm.live.announce import announce
from callcrm.live.kinds import LiveKind
from callcrm.models import Token


def end_streams(session: Session, user_id: str) -> None:
    """Ends the live streams of all tokens of this user; a client that still may connects again."""
    live = select(Token.id).where(Token.user_id == user_id, col(Token.revoked_at).is_(None))
    for token_id in session.exec(live).all():
        announce(session, LiveKind.SESSION_ENDED, token_id)
