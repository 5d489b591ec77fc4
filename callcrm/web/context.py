"""What all pages of one running app share: services, languages and templates."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from starlette.requests import Request

from callcrm.i18n.locale import Locale
from callcrm.services import Services
from callcrm.web.session.passwords import Passwords
from callcrm.web.softphone import NO_SOFTPHONE, SoftphoneDriver
from callcrm.web.templates import Templates

T = TypeVar("T")


@dataclass
class WebContext:
    """What pages use besides the services; one for a running app.

    `softphone` is the driver of agents' browsers. `framed` lets our pages frame each other, for the demo
    alone.
    """

    services: Services
    softphone: SoftphoneDriver = NO_SOFTPHONE
    framed: bool = False
    passwords: Passwords = field(init=False)
    templates: dict[str, Templates] = field(default_factory=dict)
    _shared: dict[object, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.passwords = Passwords(self.services.threads)
        for language, locale in self.locales.items():
            self.templates[language] = Templates(locale, self.services.settings.path_prefix)

    @property
    def locales(self) -> Mapping[str, Locale]:
        """The languages we speak, by code."""
        return self.services.locales

    def shared(self, kind: "Callable[[WebContext], T]") -> T:
        """The one instance of this class in the running app, created when first requested."""
        if kind not in self._shared:
            self._shared[kind] = kind(self)
        instance: T = self._shared[kind]  # type: ignore[assignment]  # what kind() returned
        return instance


def web_of(request: Request) -> WebContext:
    """The context of the app that serves the request."""
    context: WebContext = request.app.state.web
    return context
