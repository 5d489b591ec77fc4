"""Who acts, as every verb knows them: a user at a browser or with a token, or a program of no one's."""

from dataclasses import dataclass

from callcrm.models import Role


@dataclass(frozen=True, slots=True)
class Principal:
    """Who acts: a user, or a program of no one's when `user_id` is None. `name` is how notes are signed."""

    user_id: str | None
    role: str
    token_id: str
    name: str

    @property
    def supervises(self) -> bool:
        """Whether this one sees and steers everybody's work."""
        return self.role in (Role.SUPERVISOR, Role.ADMIN)
