"""What all pages share in one running app: its services, languages and templates."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from starlette.requests import Request

from callcrm.i18n.locale import LANGUAGES, Locale
from callcrm.services import Services
from callcrm.web.session.passwords import Passwords
from callcrm.web.softphone import NO_SOFTPHONE, SoftphoneDriver
from callcrm.web.templates import Templates

T = TypeVar("T")


@dataclass
class WebContext:
    """What the pages need besides the services; one for a running app.

    `softphone` is the driver agents' browsers answer with.
    `framed` lets our own pages show each other in a frame, in the demo alone.
    """

    services: Services
    softphone: SoftphoneDriver = NO_SOFTPHONE
    framed: bool = False
    passwords: Passwords = field(init=False)
    locales: dict[str, Locale] = field(default_factory=dict)
    templates: dict[str, Templates] = field(default_factory=dict)
    _shared: dict[object, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        settings, now = self.services.settings, self.services.clock.now
        self.passwords = Passwords(self.services.threads)
        for language in LANGUAGES:
            self.locales[language] = Locale(language, settings.zone, settings.default_region, now)
            self.templates[language] = Templates(self.locales[language])

    def shared(self, kind: "Callable[[WebContext], T]") -> T:
        """The only instance of this kind in the running app, made when it is first asked for."""
        if kind not in self._shared:
            self._shared[kind] = kind(self)
        instance: T = self._shared[kind]  # type: ignore[assignment]
        return instance


def web_of(request: Request) -> WebContext:
    """What the pages share in the app that got the request."""
    context: WebContext = request.app.state.web
    return context
