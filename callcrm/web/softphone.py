"""The drivers that agents' browsers can answer calls with: a script of ours, and what it may load."""

from dataclasses import dataclass

from callcrm.web.security import PLAIN, ContentPolicy


@dataclass(frozen=True, slots=True)
class SoftphoneDriver:
    """One way to speak in a browser. `script` is its module under `static/`, with the interface that
    static/js/desk/softphone.js describes; None: calls are answered on ordinary phones alone.

    `policy` is for the page with the softphone, and for no other.
    """

    name: str
    script: str | None = None
    policy: ContentPolicy = PLAIN


NO_SOFTPHONE = SoftphoneDriver("none")
SIMULATOR = SoftphoneDriver(
    "simulator", "js/desk/softphone-simulator.js", ContentPolicy(media=("'self'", "blob:"))
)
