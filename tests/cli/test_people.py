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
