"""Where a request comes from, for limits: the one reader of `X-Forwarded-For`."""

from ipaddress import ip_network

from starlette.requests import Request

from callcrm.config import Settings
from callcrm.edge.server.networks import Address, networks_of, parse_address

NOWHERE = ("nowhere",)  # a server behind a Unix socket sees no address


def client_networks(request: Request, settings: Settings) -> tuple[str, ...]:
    """The networks of the client's address, the narrowest first.

    The address is the last hop that is not a trusted proxy. Where a trusted proxy passes on something that is
    no address, it is the proxy's own: whoever can make it do so shares one limit.
    """
    address = parse_address(request.client.host) if request.client else None
    hops = ",".join(request.headers.getlist("x-forwarded-for")).split(",")
    while hops and _is_trusted(address, settings):
        hop = hops.pop().strip()
        if hop and (before := parse_address(hop)) is None:
            break
        address = before if hop else address
    return networks_of(address) if address else NOWHERE


def _is_trusted(address: Address | None, settings: Settings) -> bool:
    return address is not None and any(address in ip_network(proxy) for proxy in settings.trusted_proxies)
