"""The name of a browser from its User-Agent: Firefox on Linux."""

from callcrm.i18n.locale import Locale

# The first that is named counts: every one of them claims to be some of those below it.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


def browser(locale: Locale, agent: str) -> str:
    """The browser and its system in words; unknown ones as another browser."""
    name = next((name for mark, name in BROWSERS if mark in agent), "")
    system = next((name for mark, name in SYSTEMS if mark in agent), "")
    if name and system:
        return locale._("%(browser)s on %(system)s", browser=name, system=system)
    return name or locale._("Another browser")
