"""Forms kept for their user, on both engines."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlmodel import select

from callcrm.agents import sessions, users
from callcrm.agents.browser import form_tokens, kept_forms
from callcrm.models import FormToken, KeptForm
from callcrm.store.store import Store
from tests.clocks import CLOCK

NOW = CLOCK.now()
FIELDS = [("name", "نمونه <b>"), ("name", "twice"), ("empty", "")]
HOUR = timedelta(hours=1)


@pytest.fixture
def ana(store: Store) -> str:
    """Ana's id."""
    add = partial(
        users.add_user,
        email="ana@example.test",
        role="agent",
        name="Ana",
        number=None,
        password=None,
        now=NOW,
    )
    return store.write_now(add).id


@pytest.fixture
def token(store: Store, ana: str) -> str:
    """The token of a form of a session of hers that has ended."""

    def begin(session: Any) -> str:
        secret = sessions.create_session(session, ana, "tests", NOW)
        user = sessions.authenticate(session, secret, NOW)
        assert user is not None
        sessions.end_all_sessions(session, ana)
        return user.csrf

    return store.write_now(begin)


def keep(store: Store, token: str, **more: Any) -> tuple[str, str] | None:
    """What comes of keeping a form."""
    return store.write_now(
        partial(kept_forms.keep, token=token, **{"path": "/customers", "fields": FIELDS, "now": NOW, **more})
    )


def test_a_form_is_kept_to_the_letter_for_its_user_alone(store: Store, ana: str, token: str) -> None:
    kept = keep(store, token)
    assert kept is not None
    secret, owner = kept
    assert owner == ana
    find = partial(kept_forms.find, secret=secret, now=NOW)
    form = store.read_now(partial(find, user_id=ana))
    assert form is not None
    assert (form.path, [tuple(pair) for pair in form.fields]) == ("/customers", FIELDS)
    assert store.read_now(partial(find, user_id="somebody")) is None
    assert store.read_now(partial(kept_forms.find, secret="x" * 43, user_id=ana, now=NOW)) is None
    assert store.read_now(partial(kept_forms.find, secret=secret, user_id=ana, now=NOW + HOUR)) is None


def test_a_token_of_nobodys_or_an_old_one_keeps_nothing(store: Store, token: str) -> None:
    assert keep(store, "x" * 43) is None
    assert keep(store, token, now=NOW + form_tokens.LIFETIME) is None
    assert keep(store, token, path="/" * 501) is None


def test_the_eleventh_form_takes_the_place_of_the_oldest(store: Store, token: str) -> None:
    for number in range(kept_forms.MOST + 2):
        keep(store, token, path=f"/{number}", now=NOW + timedelta(seconds=number))
    paths = store.read_now(lambda session: set(session.exec(select(KeptForm.path)).all()))
    assert paths == {f"/{number}" for number in range(2, kept_forms.MOST + 2)}


def test_it_is_forgotten_once_it_is_sent_and_after_its_time(store: Store, ana: str, token: str) -> None:
    kept = keep(store, token)
    assert kept is not None
    for path, forgotten in (("/elsewhere", 0), ("/customers", 1), ("/customers", 0)):
        drop = partial(kept_forms.forget, secret=kept[0], path=path)
        assert store.write_now(partial(drop, user_id="somebody")) == 0
        assert store.write_now(partial(drop, user_id=ana)) == forgotten
    keep(store, token)
    assert store.write_now(lambda session: kept_forms.delete_expired(session, NOW)) == 0
    assert store.write_now(lambda session: kept_forms.delete_expired(session, NOW + HOUR)) == 1
    later = NOW + form_tokens.LIFETIME
    assert store.write_now(lambda session: form_tokens.delete_expired(session, later)) == 1
    assert store.read_now(lambda session: session.exec(select(FormToken)).all()) == []
