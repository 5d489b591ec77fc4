"""A browser whose session ends while somebody types."""

from typing import Any

import pytest

from callcrm.agents import sessions
from tests.running_app import RunningApp
from tests.shop import Shop
from tests.web.support.login_client import CSRF_FIELD, LoginClient, add_user
from tests.web.support.page_client import do


class Typist:
    """Somebody at a browser."""

    def __init__(self, app: RunningApp, name: str, role: str = "admin") -> None:
        self.app = app
        self.email, self.id = add_user(app, name, role)
        self.browser = LoginClient(app)
        self.browser.sign_in(self.email)

    def token_of_page(self) -> str:
        """The token that the forms of an open page carry."""
        token = CSRF_FIELD.search(self.browser.get("/customers/new").text)
        assert token
        return token[1]

    def end_sessions(self) -> None:
        """Ends the sessions of this user, as an administrator or another browser may."""
        do(self.app, lambda session: sessions.end_all_sessions(session, self.id))

    def sign_in_again(self, path: str) -> Any:
        """The page that one is led to."""
        response = self.browser.sign_in(self.email, path=path)
        assert response.status_code == 303
        return self.browser.get(response.headers["location"])


@pytest.fixture
def ana(app: RunningApp) -> Typist:
    """Ana, who may open every page."""
    return Typist(app, "ana")


@pytest.fixture
def shop(app: RunningApp) -> Shop:
    """Writes customers, calls and promises straight into the store."""
    return Shop(app.services.store)
