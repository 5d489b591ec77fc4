"""What is deleted for its age is deleted some at a time, until none is left: nobody waits for all of it."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlmodel import Session, SQLModel, func, select

from callcrm import background
from callcrm.jobs import claims, runner
from callcrm.jobs.runner import Runner
from callcrm.models import (
    AccountGuesses,
    FormToken,
    IdempotencyKey,
    Job,
    KeptForm,
    KeptSearch,
    KnownBrowser,
    LiveEvent,
    LoginAttempt,
    LoginSession,
    User,
    delete_some,
)
from callcrm.services import Services
from callcrm.store.store import Store
from tests.clocks import SetClock
from tests.store.verbs import NOW

MANY, SOME = 25, 10
LONG_AGO = NOW - timedelta(days=400)
AGED: dict[str, list[Callable[[str], SQLModel]]] = {
    "delete old live events": [lambda _: LiveEvent(at=LONG_AGO, kind="test", subject="x")],
    "delete responses to repeatable requests": [
        lambda key: IdempotencyKey(key=key, request_hash="x", created_at=LONG_AGO)
    ],
    "delete expired sessions": [
        lambda key: LoginSession(
            secret_hash=key,
            id=key,
            user_id="ana",
            csrf="x",
            created_at=LONG_AGO,
            last_active_at=LONG_AGO,
            ends_at=LONG_AGO,
        )
    ],
    "delete old tokens of forms": [lambda key: FormToken(token=key, user_id="ana", created_at=LONG_AGO)],
    "delete forms kept too long": [
        lambda key: KeptForm(secret_hash=key, user_id="ana", path="/", fields=[], kept_at=LONG_AGO)
    ],
    "delete searches kept too long": [
        lambda key: KeptSearch(id=key, session_id="x", path="/", fields={}, kept_at=LONG_AGO)
    ],
    "delete old login attempts": [
        lambda key: LoginAttempt(id=key, throttle_key="x", at=LONG_AGO),
        lambda key: KnownBrowser(secret_hash=key, user_id="ana", last_login_at=LONG_AGO),
    ],
    "delete old guesses at accounts": [
        lambda key: AccountGuesses(account_key=key, attempts=1, last_at=LONG_AGO)
    ],
}
VERBS = {name: verb for _seconds, name, verb in background.PERIODIC_VERBS if name.startswith("delete")}


def test_whatever_deletes_is_looked_at() -> None:
    assert set(VERBS) == set(AGED)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (delete_some, background, runner):
        monkeypatch.setattr(module, "SOME", SOME)


def _fill(store: Store, makers: list[Callable[[str], SQLModel]]) -> list[type[SQLModel]]:
    def verb(session: Session) -> None:
        if session.get(User, "ana") is None:
            session.add(
                User(id="ana", email="ana@example.com", name="Ana", role="agent", created_at=LONG_AGO)
            )
            session.flush()
        session.add_all(make(f"{number:02}") for make in makers for number in range(MANY))

    store.write_now(verb)
    return [type(make("x")) for make in makers]


def _count(store: Store, models: list[type[SQLModel]]) -> int:
    return sum(
        store.read_now(lambda s, model=model: s.exec(select(func.count()).select_from(model)).one())  # type: ignore[misc]
        for model in models
    )


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("name", AGED)
def test_some_is_deleted_at_a_time_and_all_in_the_end(store: Store, name: str) -> None:
    models = _fill(store, AGED[name])
    assert store.write_now(lambda session: VERBS[name](session, NOW)) == SOME * len(models)
    assert _count(store, models) == (MANY - SOME) * len(models)
    services = cast("Services", SimpleNamespace(store=store, clock=SetClock(NOW)))
    asyncio.run(background._write(services, VERBS[name]))
    assert _count(store, models) <= 1  # the newest live event stays


@pytest.mark.usefixtures("few")
def test_so_are_done_jobs(store: Store) -> None:
    done: dict[str, Any] = {"kind": "x", "payload": {}, "run_at": LONG_AGO, "done_at": LONG_AGO}
    models = _fill(store, [lambda key: Job(dedupe_key=key, **done)])
    before: datetime = NOW
    assert store.write_now(partial(claims.delete_done, before=before)) == SOME
    asyncio.run(Runner(store, {}, SetClock(NOW))._delete_done())
    assert _count(store, models) == 0
