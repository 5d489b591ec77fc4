"""A database that has no room for every language's text is refused, in one line."""

from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import make_url

from callcrm.store.migrations.schema import EncodingFault
from callcrm.store.store import Store
from tests.cli.terminal import RunCommand
from tests.clocks import CLOCK, THREADS
from tests.running import ACCOUNT, OPERATOR, TOKEN

NAME = "callcrm_latin1"
pytestmark = pytest.mark.engine("postgresql")


@pytest.fixture
def latin1_url(postgres_url: str) -> Iterator[str]:
    """An empty database whose text is LATIN1."""
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute(
            f"CREATE DATABASE {NAME} ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
        )
        yield make_url(postgres_url).set(database=NAME).render_as_string(hide_password=False)
        admin.execute(f"DROP DATABASE {NAME} WITH (FORCE)")


@pytest.mark.parametrize("command", ["serve", "migrate", "doctor"])
def test_it_is_refused_in_one_line(
    run: RunCommand, environment: pytest.MonkeyPatch, latin1_url: str, command: str
) -> None:
    settings = {
        "CALLCRM_DATABASE_URL": latin1_url,
        "CALLCRM_OPERATOR_NUMBER": OPERATOR,
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": TOKEN,
    }
    for name, value in settings.items():
        environment.setenv(name, value)
    result = run(command)
    lines = (result.out + result.err).splitlines()
    assert result.code == 1, lines
    assert len([line for line in lines if "not UTF-8" in line]) == 1, lines
    assert "createdb -E UTF8" in "".join(lines)
    assert "Traceback" not in "".join(lines)


def test_a_running_server_keeps_nothing_in_it(latin1_url: str) -> None:
    store = Store(latin1_url, CLOCK, THREADS)
    with pytest.raises(EncodingFault):
        store.write_now(lambda session: None)
    store.close()
