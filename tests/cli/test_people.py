"""`callcrm user`, `callcrm token` and `callcrm migrate`, on a store in the current directory."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlmodel import select

from callcrm.agents import passwords, tokens
from callcrm.models import Agent, User
from callcrm.store.store import Store
from tests.cli.terminal import RunCommand
from tests.clocks import CLOCK, THREADS

LONG = "correct horse battery staple\n"
ADD_ANA = ("user", "add", "ana@example.com", "--role", "agent", "--name", "Ana", "--number", "(202) 555-0111")


@pytest.fixture
def store(run: RunCommand, tmp_path: Path) -> Iterator[Store]:
    run("migrate")
    store = Store(f"sqlite:///{tmp_path}/var/callcrm.sqlite3", CLOCK, THREADS)
    yield store
    store.close()


def _user(store: Store) -> User:
    return store.read_now(lambda session: session.exec(select(User)).one())


def test_an_added_agent_has_a_number_and_is_offline(run: RunCommand, store: Store) -> None:
    assert run(*ADD_ANA).code == 0
    assert _user(store).number == "+12025550111"
    assert store.read_now(lambda session: session.exec(select(Agent.state)).one()) == "offline"


def test_the_link_alone_is_on_stdout_and_sets_the_password_once(run: RunCommand, store: Store) -> None:
    link = urlsplit(run(*ADD_ANA).out)
    assert (link.netloc, link.path.rpartition("/")[0]) == ("127.0.0.1:8000", "/set-password")
    secret = link.path.rpartition("/")[2].strip()
    user = store.write_now(
        lambda session: passwords.set_password_by_link(session, secret, "hash", CLOCK.now())
    )
    assert user.email == "ana@example.com"


def test_the_link_leads_to_the_public_url(run: RunCommand, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("CALLCRM_PUBLIC_URL", "https://calls.example.com/crm/")
    assert run(*ADD_ANA).out.startswith("https://calls.example.com/crm/set-password/")


def test_a_password_from_stdin_is_hashed_and_prints_no_link(run: RunCommand, store: Store) -> None:
    result = run(*ADD_ANA, "--password-stdin", stdin="correct horse battery\n")
    assert (result.code, result.out) == (0, "")
    assert str(_user(store).password_hash).startswith("$argon2id$")


@pytest.mark.parametrize("password", ["", "short\n"])
def test_too_short_a_password_adds_nobody(run: RunCommand, store: Store, password: str) -> None:
    assert run(*ADD_ANA, "--password-stdin", stdin=password).code == 1
    assert store.read_now(lambda session: session.exec(select(User)).all()) == []


def test_somebody_already_there_is_refused(run: RunCommand) -> None:
    run(*ADD_ANA)
    result = run(*ADD_ANA)
    assert (result.code, result.out) == (1, "")
    assert "already" in result.err


def test_nobody_is_rung_on_one_of_our_own_lines(run: RunCommand, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("CALLCRM_NUMBERS", "+12025550111")
    assert run(*ADD_ANA).code == 1


@pytest.mark.parametrize("number", ["+19002345678", "+447012345678", "+442079460018"])
def test_nobody_is_rung_on_a_number_that_nobody_may_call(
    run: RunCommand, environment: pytest.MonkeyPatch, number: str
) -> None:
    result = run(*ADD_ANA[:-1], number)
    assert (result.code, "call" in result.err) == (1, True)
    environment.setenv("CALLCRM_CALL_COUNTRIES", "GB")
    assert run(*ADD_ANA[:-1], number).code == (0 if number == "+442079460018" else 1)


def test_a_token_alone_is_on_stdout_and_acts_for_its_user(run: RunCommand, store: Store) -> None:
    run(*ADD_ANA)
    printed = run("token", "add", "desk", "--role", "agent", "--user", "ana@example.com").out
    principal = store.read_now(lambda session: tokens.authenticate(session, printed.strip()))
    assert principal is not None
    assert (principal.name, principal.role) == ("Ana", "agent")


def test_a_token_for_nobody_known_is_refused(run: RunCommand) -> None:
    result = run("token", "add", "desk", "--role", "agent", "--user", "nobody@example.com")
    assert (result.code, result.out) == (1, "")


def test_migrating_twice_is_as_good_as_once(run: RunCommand) -> None:
    assert [run("migrate").code, run("migrate").code] == [0, 0]


def test_an_unreachable_store_is_said_in_one_line(run: RunCommand, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("CALLCRM_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    result = run("token", "add", "x", "--role", "admin")
    assert (result.code, len(result.err.splitlines())) == (1, 1)


def test_an_old_schema_on_postgresql_names_the_command_that_mends_it(
    run: RunCommand, environment: pytest.MonkeyPatch, postgres_url: str
) -> None:
    environment.setenv("CALLCRM_DATABASE_URL", postgres_url)
    result = run("token", "add", "x", "--role", "admin")
    assert result.code == 1
    assert "callcrm migrate" in result.err


def test_a_data_folder_that_cannot_be_made_is_one_line(
    run: RunCommand, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("CALLCRM_DATA_DIR", "/dev/null/var")
    for words in (["migrate"], ["token", "add", "x", "--role", "admin"]):
        result = run(*words)
        assert (result.code, result.out, len(result.err.splitlines())) == (1, "", 1)


def test_tokens_are_listed_and_revoked(run: RunCommand, store: Store) -> None:
    secret = run("token", "add", "wall board", "--role", "agent", "--expires", "30d").out.strip()
    heading, line = run("token", "list").out.splitlines()
    token_id = line.split()[0]
    assert heading.split()[:3] == ["ID", "STATE", "ROLE"]
    assert line.split()[1:4] == ["active", "agent", "-"]
    assert line.endswith("  wall board")
    assert secret not in line
    assert run("token", "revoke", token_id).code == 0
    assert run("token", "list").out.splitlines()[1].split()[1] == "revoked"
    assert store.read_now(lambda session: tokens.authenticate(session, secret)) is None
    assert run("token", "revoke", "token_x").code == 1


@pytest.mark.parametrize("when", ["yesterday", "2020-01-01", "0d"])
def test_a_token_with_an_end_that_is_none_is_not_made(run: RunCommand, when: str) -> None:
    result = run("token", "add", "x", "--role", "agent", "--expires", when)
    assert (result.code, result.out) == (1, "")
    assert len(result.err.splitlines()) == 1


def test_users_are_listed_without_their_numbers(run: RunCommand) -> None:
    run(*ADD_ANA)
    run("user", "add", "bo@example.com", "--role", "admin", "--name", "Bo B.", "--password-stdin", stdin=LONG)
    lines = [line.split(maxsplit=3) for line in run("user", "list").out.splitlines()]
    assert lines[0] == ["EMAIL", "ROLE", "STATE", "NAME"]
    assert ["bo@example.com", "admin", "active", "Bo B."] in lines
    assert any(line[0] == "ana@example.com" and line[2:3] == ["no"] for line in lines)


def test_the_only_admin_who_forgot_the_password_gets_in_by_a_link(run: RunCommand, store: Store) -> None:
    run("user", "add", "ada@example.com", "--role", "admin", "--name", "Ada", "--password-stdin", stdin=LONG)
    first, second = (run("user", "link", "ada@example.com").out.strip() for _ in range(2))
    assert first != second
    assert "/set-password/" in second
    secret = second.rpartition("/")[2]
    assert store.read_now(lambda session: passwords.link_user(session, secret, CLOCK.now())).name == "Ada"


def test_roles_are_changed_and_accounts_ended_but_the_last_administrators(run: RunCommand) -> None:
    run(*ADD_ANA)
    run("user", "add", "ada@example.com", "--role", "admin", "--name", "Ada")
    for words in (["disable", "ada@example.com"], ["role", "ada@example.com", "agent"]):
        result = run("user", *words)
        assert result.code == 1
        assert "last administrator" in result.err
    assert run("user", "role", "ana@example.com", "admin").code == 0
    assert run("user", "disable", "ada@example.com").code == 0
    assert run("user", "link", "ada@example.com").code == 1
    assert run("user", "disable", "ana@example.com").code == 1
    assert run("user", "enable", "ada@example.com").code == 0
    assert run("user", "disable", "nobody@example.com").code == 1
    assert run("user", "role", "ana@example.com", "owner").code == 2
