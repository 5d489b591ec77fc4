"""A client that keeps cookies and signs in by the login form, for the tests of login and sessions."""

import re
from typing import Any

from sqlmodel import Session

from callcrm.agents import users
from callcrm.web import security
from tests.quick_passwords import PASSWORD, PASSWORD_HASH
from tests.running_app import PUBLIC, RunningApp
from tests.web.support.page_client import do

CSRF_FIELD = re.compile(r'name="csrf" value="([^"]+)"')


class LoginClient:
    """Keeps the cookies of its responses, as a browser at this IP address would; follows no redirect."""

    def __init__(self, app: RunningApp, address: str = "198.51.100.7", **headers: str) -> None:
        self.app = app
        self.cookies: dict[str, str] = {}
        self.headers = {"X-Forwarded-For": address, "Origin": PUBLIC, **headers}

    def get(self, path: str, **headers: str) -> Any:
        """The response to a GET."""
        return self._request("GET", path, headers)

    def post(self, path: str, fields: dict[str, str], **headers: str) -> Any:
        """The response to a form."""
        return self._request("POST", path, headers, data=fields)

    def form_token(self, path: str = "/login") -> str:
        """The CSRF token of the first form on this page."""
        token = CSRF_FIELD.search(self.get(path).text)
        assert token
        return token[1]

    def sign_in(self, email: str, password: str = PASSWORD, path: str = "/login") -> Any:
        """The response to the login form, which is fetched first for its CSRF token."""
        return self.post(path, {"csrf": self.form_token(path), "email": email, "password": password})

    def post_with(self, headers: list[tuple[str, str]], path: str, fields: dict[str, str]) -> Any:
        """The response to a form sent with these headers, of which several may have one name."""
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        self.app.client.cookies.clear()
        more = [("Cookie", cookie), ("Origin", PUBLIC), *headers]
        return self.app.client.post(path, data=fields, headers=more, follow_redirects=False)

    @property
    def session(self) -> str:
        """The value of the session cookie; empty without one."""
        return self.cookies.get(security.cookie_name(self.app.services.settings), "")

    @property
    def is_signed_in(self) -> bool:
        """Whether `/` leads to a page rather than to the login."""
        location = str(self.get("/").headers.get("location", ""))
        assert location
        return not location.startswith("/login")

    def _request(self, method: str, path: str, headers: dict[str, str], **options: Any) -> Any:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        client = self.app.client
        client.cookies.clear()
        all_headers = {**self.headers, **({"Cookie": cookie} if cookie else {}), **headers}
        response = client.request(method, path, headers=all_headers, follow_redirects=False, **options)
        for name, value in response.cookies.items():
            self.cookies[name] = value
        for line in response.headers.get_list("set-cookie"):
            name, _, rest = line.partition("=")
            if rest.startswith(('""', ";")):
                self.cookies.pop(name, None)
        return response


def add_user(app: RunningApp, name: str, role: str = "agent") -> tuple[str, str]:
    """Adds a user with `PASSWORD`; their e-mail address and id."""
    email, now = f"{name}@example.test", app.services.clock.now()

    def add(session: Session) -> str:
        user = users.add_user(session, email, role, name.title(), None, None, now)
        user.password_hash = PASSWORD_HASH
        return user.id

    return email, do(app, add)
