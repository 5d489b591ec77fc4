"""Who acts: a user in a browser or with a token, or a program whose token belongs to no user."""

from dataclasses import dataclass

from callcrm.models import Role


@dataclass(frozen=True, slots=True)
class Principal:
    """Who acts: a user, or a program if `user_id` is None. `token_id` is their token or session, `name` how
    their notes are signed, `language` what a user reads; None of a program, which says it with each request.
    """

    user_id: str | None
    role: str
    token_id: str
    name: str
    language: str | None = None

    @property
    def supervises(self) -> bool:
        """Whether they see and direct the work of all agents."""
        return self.role in (Role.SUPERVISOR, Role.ADMIN)
