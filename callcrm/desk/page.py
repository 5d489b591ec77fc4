"""A page's handler and what it is handed: who asks, in which language, and the parts of the house."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TypeVar

from sqlmodel import Session
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from callcrm.agents.signins import SignedIn
from callcrm.base.clock import Clock
from callcrm.desk.passwords import Passwords
from callcrm.desk.templates import Templates
from callcrm.desk.words import LANGUAGES, Words
from callcrm.services import Services

T = TypeVar("T")


@dataclass
class House:
    """What the pages need besides the services; one for a running app.

    `softphone` is the driver agents' browsers answer with: none, or the simulator's in the demo.
    `framed` lets our own pages show each other in a frame, in the demo alone.
    """

    services: Services
    softphone: str = "none"
    framed: bool = False
    passwords: Passwords = field(default_factory=Passwords)
    spoken: dict[str, Words] = field(default_factory=dict)
    drawn: dict[str, Templates] = field(default_factory=dict)
    kept: dict[object, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        settings, clock = self.services.settings, self.services.clock
        for language in LANGUAGES:
            self.spoken[language] = Words(language, settings.zone, settings.default_region, clock)
            self.drawn[language] = Templates(self.spoken[language])

    def one(self, kind: "Callable[[House], T]") -> T:
        """The one of this kind that the running app has, made when it is first asked for."""
        if kind not in self.kept:
            self.kept[kind] = kind(self)
        found: T = self.kept[kind]  # type: ignore[assignment]
        return found


def house_of(request: Request) -> House:
    """The pages' house of the app that got the request."""
    state = request.app.state
    if not hasattr(state, "desk"):
        given = getattr(state, "desk_options", {})
        state.desk = House(state.services, **given)
    found: House = state.desk
    return found


@dataclass
class Page:
    """One request for a page, by somebody signed in."""

    request: Request
    house: House
    who: SignedIn
    mark: str | None = field(init=False)

    def __post_init__(self) -> None:
        # Before anything is read: what is announced meanwhile is told again rather than missed.
        self.mark = self.house.services.hub.mark

    @property
    def services(self) -> Services:
        """The parts of the house."""
        return self.house.services

    @property
    def clock(self) -> Clock:
        """The house's clock."""
        return self.services.clock

    @cached_property
    def now(self) -> datetime:
        """The moment of the request."""
        return self.services.clock()

    @property
    def words(self) -> Words:
        """The language of whoever asks."""
        return self.house.spoken[self.who.language if self.who.language in LANGUAGES else "en"]

    @property
    def id(self) -> str:
        """The id in the path."""
        return str(self.request.path_params["id"])

    async def form(self) -> FormData:
        """What was sent."""
        return await self.request.form()

    async def read(self, verb: Callable[[Session], T]) -> T:
        """What the verb finds in the store."""
        return await self.services.store.read(verb)

    async def write(self, verb: Callable[[Session], T]) -> T:
        """What the verb answers, once what it did is durable."""
        return await self.services.store.write(verb)

    def show(self, name: str, status: int = 200, /, **context: object) -> Response:
        """A template as a page, or a block of it (`calls.html#rows`) as a part to swap in."""
        return HTMLResponse(self.render(name, **context), status)

    def render(self, name: str, /, **context: object) -> str:
        """The text of a template or of a block of it."""
        return self.house.drawn[self.words.language].page(name, {**self.common, **context})

    @property
    def common(self) -> Mapping[str, object]:
        """What every template may use."""
        return {
            "page": self,
            "who": self.who,
            "now": self.now,
            "here": self.request.url.path,
            "softphone": self.house.softphone,
        }

    def go(self, path: str) -> Response:
        """Go there next, by GET."""
        if self.request.headers.get("hx-request"):
            return Response(status_code=204, headers={"HX-Redirect": path})
        return RedirectResponse(path, status_code=303)


Handler = Callable[[Page], Awaitable[Response]]
