"""What gives somebody a way in needs the password again; the last administrator stays; tokens have a page."""

import asyncio
import re
from functools import partial

import pytest
from sqlmodel import Session, select

from callcrm.agents import tokens, users
from callcrm.base.errors import Conflict
from callcrm.models import Role, Token, User
from callcrm.store.store import Store
from tests.agents.staffing import NOON
from tests.clocks import SetClock
from tests.quick_passwords import PASSWORD
from tests.running_app import RunningApp
from tests.web.support.page_client import CONFIRM, PageClient, do, page_text, sign_in

SECRET = re.compile(r'id="secret"[^>]* value="([\w-]{43})"')
ROSA = {"email": "rosa@example.test", "name": "Rosa", "role": "admin", "number": ""}
TOKEN = {"name": "wall board", "role": "supervisor", "user": "", "expires": "30d"}
WRONG = dict.fromkeys(CONFIRM, "a wrong sentence")


@pytest.fixture
def ada(app: RunningApp) -> PageClient:
    """An administrator."""
    return sign_in(app, "Ada", "admin")


@pytest.fixture
def ana(app: RunningApp) -> PageClient:
    """An agent."""
    return sign_in(app, "Ana")


def trace(app: RunningApp) -> tuple[object, ...]:
    """Who there is, and which ways in there are."""

    def verb(session: Session) -> tuple[object, ...]:
        people = session.exec(
            select(User.email, User.role, User.number, User.disabled_at).order_by(User.email)
        ).all()
        return people, session.exec(select(Token.name)).all()

    found: tuple[object, ...] = do(app, verb)
    return found


@pytest.mark.parametrize("number", ["+19002345678", "+447012345678", "+442079460018"])
@pytest.mark.one_engine
def test_an_agent_s_phone_is_one_that_may_be_called(
    app: RunningApp, ada: PageClient, ana: PageClient, number: str
) -> None:
    added = ada.post("/settings/users", {**ROSA, "role": "agent", "number": number, **CONFIRM})
    path, fields = f"/settings/users/{ana.id}", {"name": "Ana", "role": "agent", "number": number}
    changed = ada.post(path, {**fields, **CONFIRM})
    assert (added.status_code, changed.status_code) == (409, 409)
    assert "not called" in page_text(changed.text) or "not allowed" in page_text(changed.text)
    assert do(app, lambda session: session.exec(select(User.id).where(User.number == number)).all()) == []
    # One that has it from before can be edited all the same.
    do(app, lambda session: setattr(session.get(User, ana.id), "number", number))
    assert ada.post(path, {**fields, "name": "Ana L."}).status_code == 303


@pytest.mark.parametrize("password", [{}, dict.fromkeys(CONFIRM, ""), WRONG])
@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/settings/users", ROSA),
        ("/settings/users/{id}", {"name": "Ana", "role": "admin", "number": ""}),
        ("/settings/users/{id}", {"name": "Ana", "role": "agent", "number": "+12025550177"}),
        ("/settings/users/{own}", {"name": "Ada", "role": "admin", "number": "+12025550177"}),
        ("/settings/users/{id}/link", {}),
        ("/settings/users/{own}/link", {}),
        ("/settings/tokens", TOKEN),
    ],
)
@pytest.mark.one_engine
def test_a_stolen_session_makes_no_way_in_for_itself(
    app: RunningApp,
    ada: PageClient,
    ana: PageClient,
    path: str,
    fields: dict[str, str],
    password: dict[str, str],
) -> None:
    before = trace(app)
    response = ada.post(path.format(id=ana.id, own=ada.id), {**fields, **password})
    assert response.status_code == 422
    assert "your own password" in page_text(response.text)
    assert "/set-password/" not in response.text
    assert not SECRET.search(response.text)
    assert trace(app) == before
    assert ada.post(path.format(id=ana.id, own=ada.id), {**fields, **CONFIRM}).status_code in (200, 303)


def test_a_disabled_account_is_enabled_with_the_password_alone(
    app: RunningApp, ada: PageClient, ana: PageClient
) -> None:
    ada.post(f"/settings/users/{ana.id}/disable")
    assert ada.post(f"/settings/users/{ana.id}/enable", WRONG).status_code == 422
    assert ana.get("/me").status_code == 303
    assert ada.post(f"/settings/users/{ana.id}/enable", CONFIRM).status_code == 303


@pytest.mark.one_engine
def test_the_password_is_not_guessed_at_a_stolen_session(
    app: RunningApp, ada: PageClient, clock: SetClock
) -> None:
    codes = [ada.post("/settings/tokens", {**TOKEN, **WRONG}).status_code for _ in range(7)]
    assert codes == [422] * 5 + [429] * 2
    assert ada.post("/settings/tokens", {**TOKEN, **CONFIRM}).status_code == 429
    clock.advance(16 * 60)
    ada = sign_in(app, "Eve", "admin")
    assert ada.post("/settings/tokens", {**TOKEN, **CONFIRM}).status_code == 200


def test_a_name_is_changed_without_the_password(app: RunningApp, ada: PageClient, ana: PageClient) -> None:
    response = ada.post(f"/settings/users/{ana.id}", {"name": "Ana L.", "role": "agent", "number": ""})
    assert response.headers["location"].endswith("?done=saved")


def test_of_two_administrators_who_disable_each_other_at_once_one_stays(store: Store) -> None:
    def add(session: Session) -> list[str]:
        names = [f"admin{number}" for number in range(4)]
        return [
            users.add_user(session, f"{name}@example.com", Role.ADMIN, name, None, None, NOON).id
            for name in names
        ]

    async def disable_each_other(pair: list[str]) -> list[object]:
        verbs = [partial(users.disable, user_id=other, now=NOON, by=me) for me, other in (pair, pair[::-1])]
        changed = [store.write(verb, deadline=30) for verb in verbs]
        return list(await asyncio.gather(*changed, return_exceptions=True))

    async def both_pairs() -> None:
        people = store.write_now(add)
        for _ in range(10):
            store.write_now(lambda session: [users.enable(session, user) for user in people[:2]])
            store.write_now(lambda session: [users.disable(session, user, NOON) for user in people[2:]])
            results = await disable_each_other(people[:2])
            assert [isinstance(result, Conflict) for result in results].count(True) == 1, results

    asyncio.run(both_pairs())
    admins = select(User.id).where(User.role == Role.ADMIN, User.disabled_at == None)  # noqa: E711
    assert len(store.read_now(lambda session: session.exec(admins).all())) == 1


def test_two_administrators_who_take_each_others_role_leave_one(store: Store) -> None:
    def add(session: Session, name: str) -> str:
        return users.add_user(session, f"{name}@example.com", Role.ADMIN, name, None, None, NOON).id

    async def take() -> list[object]:
        people = [store.write_now(partial(add, name=name)) for name in ("Ada", "Bo")]
        verbs = [partial(users.set_role, user_id=user, role=Role.AGENT, now=NOON) for user in people]
        changed = [store.write(verb, deadline=30) for verb in verbs]
        return list(await asyncio.gather(*changed, return_exceptions=True))

    results = asyncio.run(take())
    assert [isinstance(result, Conflict) for result in results].count(True) == 1


def test_a_token_is_made_used_and_revoked_on_its_page(app: RunningApp, ada: PageClient) -> None:
    response = ada.post("/settings/tokens", {**TOKEN, **CONFIRM})
    secret = SECRET.search(response.text)
    assert secret
    program = {"Authorization": f"Bearer {secret[1]}"}
    assert app.client.get("/api/v1/queues", headers=program).status_code == 200
    page = ada.get_page("/settings/tokens")
    assert secret[1] not in page
    assert "wall board" in page
    token_id = do(app, lambda session: session.exec(select(Token.id).where(Token.name == "wall board")).one())
    assert ada.post(f"/settings/tokens/{token_id}/revoke").headers["location"].endswith("?done=revoked")
    assert app.client.get("/api/v1/queues", headers=program).status_code == 401
    assert "Revoked" in page_text(ada.get_page("/settings/tokens"))


def test_a_token_in_somebodys_name_ends_with_them(app: RunningApp, ada: PageClient, ana: PageClient) -> None:
    email = do(app, partial(users.get_user, user_id=ana.id)).email
    made = ada.post("/settings/tokens", {**TOKEN, **CONFIRM, "user": email, "expires": ""})
    secret = SECRET.search(made.text)
    assert secret
    acting = do(app, partial(tokens.authenticate, secret=secret[1]))
    assert (acting.name, acting.role) == ("Ana", "agent")
    ada.post(f"/settings/users/{ana.id}/disable")
    assert do(app, partial(tokens.authenticate, secret=secret[1])) is None
    assert "User disabled" in page_text(ada.get_page("/settings/tokens"))


@pytest.mark.parametrize(
    "fields", [{"name": ""}, {"role": "owner"}, {"user": "nobody@example.test"}, {"expires": "1x"}]
)
@pytest.mark.one_engine
def test_a_refused_token_form_says_why_and_makes_none(
    app: RunningApp, ada: PageClient, fields: dict[str, str]
) -> None:
    before = trace(app)
    response = ada.post("/settings/tokens", {**TOKEN, **CONFIRM, **fields})
    assert response.status_code in (404, 422)
    assert f'id="{next(iter(fields))}-fault"' in response.text
    assert PASSWORD not in response.text
    assert trace(app) == before


def test_no_supervisor_sees_tokens(app: RunningApp) -> None:
    sue = sign_in(app, "Sue", "supervisor")
    assert sue.get("/settings/tokens").status_code == 403
    assert "/settings/tokens" not in sue.get_page("/settings/users")
