"""Somebody from outside, for tests of the public forms."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from tests.running_app import FORM, RunningApp

PHONE = "+12025550134"
ELSEWHERE = "https://shop.example"


@dataclass
class Outsider:
    """A browser without cookies, behind the trusted proxy at this address, on a page of another site."""

    app: RunningApp
    address: str = "203.0.113.7"

    def get(self, path: str, **headers: str) -> Any:
        """The page."""
        return self._request("GET", path, headers)

    def send(self, path: str, fields: dict[str, str] | bytes, **headers: str) -> Any:
        """The answer to a form."""
        content = fields if isinstance(fields, bytes) else urlencode(fields).encode()
        origin = {"Origin": ELSEWHERE, "Sec-Fetch-Site": "cross-site", "Content-Type": FORM}
        return self._request("POST", path, origin | headers, content=content)

    def ask(self, text: str = "Do you mend rugs?", **more: str) -> Any:
        """The answer to a question."""
        fields = {"name": "Mina Halloran", "phone": PHONE, "text": text} | more
        return self.send("/ask", fields)

    def _request(self, method: str, path: str, headers: dict[str, str], **options: Any) -> Any:
        client = self.app.client
        client.cookies.clear()
        forwarded = {"X-Forwarded-For": self.address}
        response = client.request(
            method, path, headers=forwarded | headers, follow_redirects=False, **options
        )
        assert "set-cookie" not in response.headers
        return response
