"""Tokens over the API: listed, revoked, ended; and when they were last used."""

import time
from collections.abc import Callable
from functools import partial

import pytest
from sqlmodel import Session, select

from callcrm.agents import tokens
from callcrm.base.errors import Refused
from callcrm.models import Token
from callcrm.store.store import Store
from tests.api.support.office import NOON, Office
from tests.clocks import SetClock


def token_of(office: Office, user: str) -> str:
    return office.do(lambda session: token_row(session, user).id)


def last_use(office: Office, user: str) -> object:
    return office.do(lambda session: token_row(session, user).last_used_at)


def token_row(session: Session, user: str) -> Token:
    return session.exec(select(Token).where(Token.user_id == user)).one()


def settled(value: Callable[[], object]) -> object:
    """The value once it is there: it is written behind the request."""
    for _ in range(200):
        if (got := value()) is not None:
            return got
        time.sleep(0.01)
    return None


def test_an_admin_sees_all_tokens_and_nobody_a_secret(office: Office) -> None:
    answer = office.ada.ask("GET", "/tokens")
    items = answer.json()["items"]
    assert [item["name"] for item in items] == [
        "ada's laptop", "sara's laptop", "ben's laptop", "ana's laptop"
    ]  # fmt: skip
    assert items[0]["user"] == {"id": "ada", "name": "Ada"}
    assert (items[0]["role"], items[0]["expires_at"], items[0]["revoked_at"]) == ("admin", None, None)
    assert "secret" not in answer.text
    first = office.ada.get("/tokens", limit=3)
    assert len(first["items"]) == 3
    assert [item["name"] for item in office.ada.get("/tokens", cursor=first["next"])["items"]] == [
        "ana's laptop"
    ]


def test_others_see_their_own_alone(office: Office) -> None:
    assert [item["name"] for item in office.ana.get("/tokens")["items"]] == ["ana's laptop"]
    program = office.token("supervisor")
    assert [item["name"] for item in program.get("/tokens")["items"]] == ["robot"]
    assert office.stranger.ask("GET", "/tokens").status_code == 401


def test_a_revoked_token_is_refused_at_once_and_stays_in_the_list(office: Office) -> None:
    ana = token_of(office, "ana")
    for _ in range(2):
        assert office.ada.ask("DELETE", f"/tokens/{ana}").status_code == 204
    assert office.ana.ask("GET", "/agents").status_code == 401
    assert office.ada.get("/tokens")["items"][-1]["revoked_at"] is not None
    assert office.ben.ask("GET", "/agents").status_code == 200


def test_nobody_but_an_admin_revokes_anothers(office: Office) -> None:
    for asker in (office.ana, office.sara, office.token("supervisor")):
        assert asker.ask("DELETE", f"/tokens/{token_of(office, 'ben')}").status_code == 404
    assert office.ana.ask("DELETE", f"/tokens/{token_of(office, 'ana')}").status_code == 204
    assert office.ada.ask("DELETE", "/tokens/token_x").status_code == 404


def test_the_last_use_is_written_once_a_minute_behind_the_request(
    office: Office, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []
    record_use = tokens.record_use

    def noted(session: Session, token_id: str, now: object) -> None:
        written.append(token_id)
        record_use(session, token_id, now)  # type: ignore[arg-type]

    monkeypatch.setattr(tokens, "record_use", noted)
    for _ in range(5):
        office.ana.ask("GET", "/agents")
    assert settled(partial(last_use, office, "ana")) == NOON
    assert written == [token_of(office, "ana")]
    assert office.ada.get("/tokens")["items"][-1]["last_used_at"] == "2026-01-05T12:00:00.000Z"
    assert last_use(office, "ben") is None
    clock.skip(60)
    office.ana.ask("GET", "/agents")
    assert settled(lambda: len(written) > 2 or None)


def test_no_request_waits_for_the_last_use_or_fails_by_it(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Store.write

    async def failing(self: Store, verb: Callable[[Session], object], **options: object) -> object:
        if getattr(verb, "func", None) is tokens.record_use:
            raise Refused("no")
        return await write(self, verb, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Store, "write", failing)
    assert office.ana.ask("GET", "/agents").status_code == 200


def test_two_processes_write_a_use_once_a_minute(office: Office) -> None:
    ana = token_of(office, "ana")
    office.do(partial(tokens.record_use, token_id=ana, now=NOON))
    office.do(partial(tokens.record_use, token_id=ana, now=NOON.replace(second=30)))
    assert last_use(office, "ana") == NOON


def test_a_token_past_its_end_is_refused(office: Office) -> None:
    def end(session: Session) -> None:
        token_row(session, "ana").expires_at = NOON.replace(year=2025)
        token_row(session, "ben").expires_at = NOON.replace(year=2999)

    office.do(end)
    assert office.ana.ask("GET", "/agents").status_code == 401
    assert office.ben.ask("GET", "/agents").status_code == 200
