"""Where requests for audio may go: hosts by name, their addresses checked once and then held to.

A recording's URL is made from its SID, but the carrier may redirect to its media hosts. Followed without
a policy, a redirect could make us fetch from our own network (SSRF) or carry our credentials elsewhere.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable

import httpx

from callcrm.carrier.errors import MediaFault

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Awaitable[list[str]]]

TWILIO = ".twilio.com"
TWILIO_MEDIA = (TWILIO, ".twiliocdn.com")
NAT64 = ipaddress.ip_network("64:ff9b::/96")


async def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host, the most promising first; MediaFault if it has none."""
    try:
        records = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise MediaFault("host not found") from None
    return list(dict.fromkeys(str(address[0]) for *_, address in records))


class EgressPolicy:
    """The policy for one carrier: its own API host, and Twilio's media hosts where the carrier is Twilio."""

    def __init__(self, api_url: str, resolver: Resolve = resolve) -> None:
        self._api = httpx.URL(api_url)
        self._resolve = resolver
        self._api_address = _parse_address(self._api.host)
        # a simulated carrier listens on this machine
        self._api_is_local = self._api.host == "localhost" or bool(
            self._api_address and self._api_address.is_loopback
        )

    def is_api(self, url: httpx.URL) -> bool:
        """Whether this is the API itself: only there do credentials go."""
        return (url.scheme, url.host, url.port) == (self._api.scheme, self._api.host, self._api.port)

    def allows(self, url: httpx.URL) -> bool:
        """Whether a request may go there at all; in clear text only to an API that is configured so."""
        if url.userinfo:
            return False
        is_media = self._api.host.endswith(TWILIO) and url.host.endswith(TWILIO_MEDIA)
        return self.is_api(url) or (is_media and url.scheme == "https" and url.port is None)

    async def allowed_addresses(self, url: httpx.URL) -> list[str]:
        """The host's addresses that may be connected to; MediaFault if there is none."""
        port = url.port or (443 if url.scheme == "https" else 80)
        resolved = await self._resolve(url.host, port)
        addresses = [address for address in resolved if self._allows_address(address, url)]
        if not addresses:
            raise MediaFault("address not allowed")
        return addresses

    def _allows_address(self, text: str, url: httpx.URL) -> bool:
        address = _parse_address(text)
        if address is None:
            return False
        if self.is_api(url) and (
            address == self._api_address or (self._api_is_local and address.is_loopback)
        ):
            return True
        return address.is_global and not address.is_multicast


def _parse_address(host: str) -> IPAddress | None:
    """The address a host is spelled as; an IPv4 one wrapped in IPv6 is taken out of its wrapping."""
    try:
        address = ipaddress.ip_address(host.split("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        if address in NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
        return address.ipv4_mapped or address
    return address
