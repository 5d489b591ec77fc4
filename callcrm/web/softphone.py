"""The softphone drivers that agents' browsers can answer calls with."""

from dataclasses import dataclass

from callcrm.web.security import PLAIN, ContentPolicy


@dataclass(frozen=True, slots=True)
class SoftphoneDriver:
    """A softphone driver. `script` is its module under `static/`, with the interface described in
    static/js/desk/softphone.js; None: agents answer on ordinary phones only.

    `policy` is for the page with the softphone alone.
    """

    name: str
    script: str | None = None
    policy: ContentPolicy = PLAIN


NO_SOFTPHONE = SoftphoneDriver("none")
SIMULATOR = SoftphoneDriver(
    "simulator", "js/desk/softphone-simulator.js", ContentPolicy(media=("'self'", "blob:"))
)
