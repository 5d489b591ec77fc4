"""People of ours: coming, setting a password, going."""

from datetime import timedelta

import pytest
from pwdlib import PasswordHash
from sqlmodel import Session, select

from callcrm.agents import passwords, states, tokens, user_fields, users
from callcrm.base.errors import Conflict, NotFound, Refused
from callcrm.models import Agent, PasswordLink, User
from tests.agents.staffing import NOON, Floor, at

GOOD = "correct horse battery"


def add(floor: Floor, email: str = "ana@example.com", role: str = "agent", **fields: str | None) -> User:
    number, password = fields.get("number"), fields.get("password")
    name = fields.get("name") or "Ana"
    return floor.do(users.add_user, email, role, name, number, password, NOON)


def count(session: Session) -> int:
    return len(session.exec(select(User)).all())


def test_an_agent_starts_offline_and_serves_every_queue(floor: Floor) -> None:
    agent = floor.agent(add(floor).id)
    assert (agent.state, agent.since, agent.queues) == ("offline", NOON, None)


def test_only_the_role_agent_is_rung(floor: Floor) -> None:
    user = add(floor, role="supervisor")
    assert floor.do(lambda session: session.get(Agent, user.id)) is None


def test_an_address_is_kept_in_lower_case(floor: Floor) -> None:
    assert add(floor, " Ana@Example.COM ").email == "ana@example.com"


def test_a_number_is_kept_as_e164(floor: Floor) -> None:
    assert add(floor, number="(202) 555-0111").number == "+12025550111"


def test_an_address_can_be_used_once_whatever_its_case(floor: Floor) -> None:
    add(floor)
    with pytest.raises(Conflict):
        add(floor, "ANA@example.com")
    assert floor.do(count) == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ana",
        "ana@",
        "@example.com",
        "ana@example..com",
        "a na@example.com",
        "ana@example.com\n,b@example.com",
        "ana\udcff@example.com",
        "a" * 250 + "@example.com",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refused:
        user_fields.email_address(text)
    assert refused.value.field == "email"


@pytest.mark.parametrize("role", ["owner", "", "AGENT"])
def test_an_unknown_role_is_refused(role: str) -> None:
    with pytest.raises(Refused) as refused:
        user_fields.parse_role(role)
    assert refused.value.field == "role"


@pytest.mark.parametrize("name", ["", " \x00 ", "a" * 201])
def test_a_name_without_or_with_too_many_letters_is_refused(name: str) -> None:
    with pytest.raises(Refused) as refused:
        user_fields.display_name(name)
    assert refused.value.field == "name"


@pytest.mark.parametrize("password", ["", "seven77", "p" * 1001, "half a pair \ud83d"])
def test_a_password_too_short_too_long_or_no_text_is_refused(password: str) -> None:
    with pytest.raises(Refused) as refused:
        passwords.hash_password(password)
    assert refused.value.field == "password"


def test_a_user_with_no_telephone_number_for_a_number_is_not_made(floor: Floor) -> None:
    with pytest.raises(Refused) as refused:
        add(floor, number="anonymous")
    assert refused.value.field == "number"
    assert floor.do(count) == 0


def test_nobody_is_rung_on_one_of_our_own_lines(floor: Floor) -> None:
    def on_our_line(session: Session) -> User:
        return users.add_user(
            session, "ana@example.com", "agent", "Ana", "+12025550100", None, NOON, own=["+12025550100"]
        )

    with pytest.raises(Refused):
        floor.do(on_our_line)


@pytest.mark.slow_hashes
def test_a_password_is_kept_as_an_argon2_hash(floor: Floor) -> None:
    stored = add(floor, password=GOOD).password_hash or ""
    assert stored.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert PasswordHash.recommended().verify(GOOD, stored)


def test_a_link_sets_the_password(floor: Floor) -> None:
    secret = floor.do(passwords.create_link, add(floor).id, NOON)
    assert floor.do(passwords.set_password_by_link, secret, "hashed", at(60)).password_hash == "hashed"


def test_only_the_hash_of_a_link_is_kept(floor: Floor) -> None:
    secret = floor.do(passwords.create_link, add(floor).id, NOON)
    assert secret not in str(floor.do(lambda session: session.exec(select(PasswordLink)).one()))


def test_a_link_works_once(floor: Floor) -> None:
    secret = floor.do(passwords.create_link, add(floor).id, NOON)
    floor.do(passwords.set_password_by_link, secret, "first", at(60))
    with pytest.raises(NotFound):
        floor.do(passwords.set_password_by_link, secret, "second", at(61))


def test_a_link_is_good_for_a_day(floor: Floor) -> None:
    secret = floor.do(passwords.create_link, add(floor).id, NOON)
    with pytest.raises(NotFound):
        floor.do(passwords.set_password_by_link, secret, "hashed", NOON + timedelta(hours=24))


def test_a_new_link_replaces_the_one_before(floor: Floor) -> None:
    user = add(floor)
    old = floor.do(passwords.create_link, user.id, NOON)
    floor.do(passwords.create_link, user.id, at(60))
    with pytest.raises(NotFound):
        floor.do(passwords.set_password_by_link, old, "hashed", at(61))


def test_one_who_was_disabled_is_signed_off_for_good(floor: Floor) -> None:
    user = add(floor)
    floor.do(states.set_state, user.id, "available", at(1))
    token = floor.do(tokens.add_token, "desk", "agent", user.email, NOON)
    link = floor.do(passwords.create_link, user.id, NOON)
    floor.do(users.disable, user.id, at(60))
    assert floor.agent(user.id).state == "offline"
    assert floor.do(tokens.authenticate, token) is None
    with pytest.raises(NotFound):
        floor.do(passwords.set_password_by_link, link, "hashed", at(61))


def test_one_disabled_during_a_call_may_end_it(floor: Floor) -> None:
    user = add(floor)
    floor.do(states.set_state, user.id, "available", at(1))
    floor.do(states.claim, user.id, "c1", at(2))
    floor.do(users.disable, user.id, at(3))
    assert (floor.agent(user.id).state, floor.agent(user.id).next_state) == ("ringing", "offline")


def test_a_stranger_is_not_found(floor: Floor) -> None:
    with pytest.raises(NotFound):
        floor.do(users.disable, "nobody", NOON)
    with pytest.raises(NotFound):
        floor.do(users.user_by_email, "nobody@example.com")
