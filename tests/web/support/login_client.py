"""The door of the pages, knocked at as a browser would: cookies kept, redirects seen."""

import re
from typing import Any

from sqlmodel import Session

from callcrm.agents import passwords, users
from callcrm.web import security
from tests.running_app import PUBLIC, RunningApp
from tests.web.support.page_client import do

PASSWORD = "a long sentence for the tests"
PASSWORD_HASH = passwords.hash_password(PASSWORD)
CSRF_FIELD = re.compile(r'name="csrf" value="([^"]+)"')


class LoginClient:
    """A browser at some address, with the cookies it was given."""

    def __init__(self, app: RunningApp, address: str = "198.51.100.7", **headers: str) -> None:
        self.app = app
        self.cookies: dict[str, str] = {}
        self.headers = {"X-Forwarded-For": address, "Origin": PUBLIC, **headers}

    def get(self, path: str, **headers: str) -> Any:
        """What a GET answers."""
        return self._ask("GET", path, headers)

    def post(self, path: str, fields: dict[str, str], **headers: str) -> Any:
        """What a form answers."""
        return self._ask("POST", path, headers, data=fields)

    def sign_in(self, email: str, password: str = PASSWORD, path: str = "/login") -> Any:
        """The form is fetched, filled in and sent."""
        token = CSRF_FIELD.search(self.get(path).text)
        assert token
        return self.post(path, {"csrf": token[1], "email": email, "password": password})

    @property
    def session(self) -> str:
        """The session's cookie."""
        return self.cookies.get(security.cookie_name(self.app.services.settings), "")

    @property
    def is_in(self) -> bool:
        """Whether the first page is shown rather than the login."""
        location = str(self.get("/").headers.get("location", ""))
        assert location
        return not location.startswith("/login")

    def _ask(self, method: str, path: str, headers: dict[str, str], **how: Any) -> Any:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        client = self.app.client
        client.cookies.clear()
        sent = {**self.headers, **({"Cookie": cookie} if cookie else {}), **headers}
        answer = client.request(method, path, headers=sent, follow_redirects=False, **how)
        for name, value in answer.cookies.items():
            self.cookies[name] = value
        for line in answer.headers.get_list("set-cookie"):
            name, _, rest = line.partition("=")
            if rest.startswith(('""', ";")):
                self.cookies.pop(name, None)
        return answer


def add_user(app: RunningApp, name: str, role: str = "agent") -> tuple[str, str]:
    """Somebody with a password; their e-mail address and id."""
    email, now = f"{name}@example.test", app.services.clock.now()

    def add(session: Session) -> str:
        user = users.add_user(session, email, role, name.title(), None, None, now)
        user.password_hash = PASSWORD_HASH
        return user.id

    return email, do(app, add)
