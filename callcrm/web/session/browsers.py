"""A browser as people call it: Firefox on Linux."""

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
    """What a browser calls itself, made short; one that says nothing known is said to be another."""
    name = next((name for mark, name in BROWSERS if mark in agent), "")
    system = next((name for mark, name in SYSTEMS if mark in agent), "")
    if name and system:
        return locale._("%(browser)s on %(system)s", browser=name, system=system)
    return name or locale._("Another browser")
