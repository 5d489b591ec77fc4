"""What a bearer token stands for."""

from zoneinfo import ZoneInfo

import pytest
from sqlmodel import select

from callcrm.agents import tokens, users
from callcrm.agents.access.token_end import parse_end
from callcrm.agents.principal import Principal
from callcrm.base.errors import NotFound, Refused
from callcrm.models import Token
from tests.agents.staffing import NOON, Floor, at


def add_user(floor: Floor, role: str) -> str:
    return floor.do(users.add_user, "ana@example.com", role, "Ana", None, None, NOON).id


def principal(floor: Floor, secret: str) -> Principal:
    acting = floor.do(tokens.authenticate, secret)
    assert acting is not None
    return acting


def test_a_users_token_acts_in_the_users_name(floor: Floor) -> None:
    ana = add_user(floor, "agent")
    acting = principal(floor, floor.do(tokens.add_token, "desk", "agent", "Ana@example.com", NOON))
    assert (acting.user_id, acting.name, acting.role) == (ana, "Ana", "agent")


def test_a_programs_token_acts_in_its_own_name(floor: Floor) -> None:
    acting = principal(floor, floor.do(tokens.add_token, "nightly report", "supervisor", None, NOON))
    assert (acting.user_id, acting.name, acting.role) == (None, "nightly report", "supervisor")


@pytest.mark.parametrize(
    ("of_token", "of_user", "effective"),
    [
        ("admin", "agent", "agent"),
        ("agent", "admin", "agent"),
        ("supervisor", "admin", "supervisor"),
        ("admin", "supervisor", "supervisor"),
        ("admin", "admin", "admin"),
    ],
)
def test_the_lower_role_counts(floor: Floor, of_token: str, of_user: str, effective: str) -> None:
    add_user(floor, of_user)
    acting = principal(floor, floor.do(tokens.add_token, "desk", of_token, "ana@example.com", NOON))
    assert acting.role == effective


@pytest.mark.parametrize(("role", "supervises"), [("agent", False), ("supervisor", True), ("admin", True)])
def test_supervisors_and_admins_supervise(role: str, supervises: bool) -> None:
    assert Principal(None, role, "token_x", "program").supervises is supervises


def test_only_the_hash_is_kept(floor: Floor) -> None:
    secret = floor.do(tokens.add_token, "program", "agent", None, NOON)
    assert secret not in str(floor.do(lambda session: session.exec(select(Token)).one()))


def test_any_other_secret_is_no_good(floor: Floor) -> None:
    secret = floor.do(tokens.add_token, "program", "agent", None, NOON)
    for wrong in ("", "nonsense", secret[:-1], secret + "a", "a" * 5000):
        assert floor.do(tokens.authenticate, wrong) is None


def test_a_revoked_token_is_no_good(floor: Floor) -> None:
    secret = floor.do(tokens.add_token, "program", "agent", None, NOON)
    floor.do(tokens.revoke, principal(floor, secret).token_id, at(60))
    assert floor.do(tokens.authenticate, secret) is None


def test_a_token_needs_a_role_we_know(floor: Floor) -> None:
    with pytest.raises(Refused):
        floor.do(tokens.add_token, "program", "root", None, NOON)


def test_a_token_of_an_unknown_user_is_not_made(floor: Floor) -> None:
    with pytest.raises(NotFound):
        floor.do(tokens.add_token, "desk", "agent", "nobody@example.com", NOON)


def test_a_token_of_a_disabled_user_is_not_made(floor: Floor) -> None:
    floor.do(users.disable, add_user(floor, "agent"), NOON)
    with pytest.raises(Refused):
        floor.do(tokens.add_token, "desk", "agent", "ana@example.com", NOON)


def test_an_unknown_token_cannot_be_revoked(floor: Floor) -> None:
    with pytest.raises(NotFound):
        floor.do(tokens.revoke, "token_x", NOON)


def test_a_token_may_have_an_end(floor: Floor) -> None:
    past = floor.do(tokens.add_token, "over", "agent", None, NOON, at(60))
    coming = floor.do(tokens.add_token, "goes on", "agent", None, NOON, NOON.replace(year=2999))
    assert floor.do(tokens.authenticate, past) is None  # the store's clock is the machine's
    assert principal(floor, coming).name == "goes on"
    with pytest.raises(Refused):
        floor.do(tokens.add_token, "never", "agent", None, NOON, NOON)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-05", "2026-01-05T23:00:00+00:00"),  # the whole day in Zurich
        ("2026-07-01", "2026-07-01T22:00:00+00:00"),
        ("90d", "2026-04-05T12:00:00+00:00"),
        *(
            (wrong, None)
            for wrong in ("2026-01-04", "2026-02-30", "0d", "90", "soon", "9999-12-31", "٩d", "")
        ),
    ],
)
def test_the_end_of_a_token_is_a_day_or_a_number_of_days(text: str, expected: str | None) -> None:
    zone = ZoneInfo("Europe/Zurich")
    if expected is None:
        with pytest.raises(Refused):
            parse_end(text, NOON, zone)
    else:
        assert parse_end(text, NOON, zone).isoformat() == expected


def test_a_token_in_the_list_says_whether_it_is_good(floor: Floor) -> None:
    ana = add_user(floor, "agent")
    floor.do(tokens.add_token, "over", "agent", None, NOON, at(60))
    floor.do(tokens.add_token, "hers", "agent", "ana@example.com", NOON)
    revoked = principal(floor, floor.do(tokens.add_token, "revoked", "agent", None, NOON)).token_id
    floor.do(tokens.revoke, revoked, at(1))
    floor.do(users.disable, ana, at(2))
    rows = floor.do(tokens.list_tokens)
    states = {row.token.name: row.state(at(120)) for row in rows}
    assert states == {"over": "expired", "hers": "disabled", "revoked": "revoked"}
