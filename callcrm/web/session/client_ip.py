"""Where a request comes from, as far as that can be known: for counting, never for trusting."""

from ipaddress import IPv6Address, IPv6Network, ip_address, ip_network

from starlette.requests import Request

from callcrm.config import Settings

ONE_HOUSEHOLD = 64  # bits of an IPv6 address that one customer of a provider has for themselves


def origin(request: Request, settings: Settings) -> str:
    """The address of whoever asks: of the last hop that is no proxy of ours."""
    hops = [word.strip() for word in request.headers.get("x-forwarded-for", "").split(",") if word.strip()]
    found = request.client.host if request.client else ""
    while hops and _trusted(found, settings):
        found = hops.pop()
    return _household(found)


def _trusted(address: str, settings: Settings) -> bool:
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return any(found in ip_network(proxy) for proxy in settings.trusted_proxies)


def _household(address: str) -> str:
    try:
        found = ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(found, IPv6Address):
        return str(found.ipv4_mapped or IPv6Network((found, ONE_HOUSEHOLD), strict=False))
    return str(found)
