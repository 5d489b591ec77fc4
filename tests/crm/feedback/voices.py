"""Customers who speak, for tests of feedback."""

from dataclasses import dataclass
from typing import Any

from tests.clocks import SetClock
from tests.running_app import RunningApp


@dataclass
class Voices:
    """Customers, and what they say; a second passes before each."""

    app: RunningApp
    clock: SetClock

    def customer(self, name: str, *phones: str) -> str:
        """A new customer's id."""
        response = self.app.send("POST", "/customers", {"name": name, "phones": list(phones)})
        assert response.status_code == 201, response.text
        return str(response.json()["id"])

    def say(self, body: str, product: str = "Winter coat", kind: str = "does_not", **more: str) -> Any:
        """The feedback that was taken down."""
        self.clock.advance(1)
        response = self.app.send(
            "POST", "/feedback", {"product": product, "kind": kind, "body": body, **more}
        )
        assert response.status_code == 201, response.text
        return response.json()

    def themes(self, **filters: str) -> list[Any]:
        """The themes, newest first."""
        return list(self.app.get("/feedback-themes", **filters)["items"])

    def decide(self, theme: str, state: str) -> Any:
        """The theme in another state."""
        response = self.app.send("PATCH", f"/feedback-themes/{theme}", {"state": state})
        assert response.status_code == 200, response.text
        return response.json()
