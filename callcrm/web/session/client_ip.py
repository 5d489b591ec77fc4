"""The address of a request's client, for rate limits only: it can be forged."""

from ipaddress import IPv6Address, IPv6Network, ip_address, ip_network

from starlette.requests import Request

from callcrm.config import Settings

IPV6_PREFIX = 64  # bits of an IPv6 address that one customer of a provider has for themselves


def client_ip_of(request: Request, settings: Settings) -> str:
    """The client's address: the last hop that is not a trusted proxy; IPv6 as its /64 network."""
    hops = [word.strip() for word in request.headers.get("x-forwarded-for", "").split(",") if word.strip()]
    address = request.client.host if request.client else ""
    while hops and _is_trusted(address, settings):
        address = hops.pop()
    return _network_of(address)


def _is_trusted(text: str, settings: Settings) -> bool:
    try:
        address = ip_address(text)
    except ValueError:
        return False
    return any(address in ip_network(proxy) for proxy in settings.trusted_proxies)


def _network_of(text: str) -> str:
    try:
        address = ip_address(text)
    except ValueError:
        return text[:64]
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or IPv6Network((address, IPV6_PREFIX), strict=False))
    return str(address)
