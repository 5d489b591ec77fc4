"""Where our requests for audio may go: hosts by name, addresses checked once and then held to."""

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
    """The addresses of a host, the most promising first."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise MediaFault("host not found") from None
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class EgressPolicy:
    """The rule for one carrier: its own API host, and Twilio's media hosts where the carrier is Twilio."""

    def __init__(self, api_url: str, resolver: Resolve = resolve) -> None:
        self._api = httpx.URL(api_url)
        self._resolve = resolver
        self._literal = _literal(self._api.host)
        self._at_home = self._api.host == "localhost" or bool(self._literal and self._literal.is_loopback)

    def own(self, url: httpx.URL) -> bool:
        """Whether this is the API itself: only there do credentials go."""
        return (url.scheme, url.host, url.port) == (self._api.scheme, self._api.host, self._api.port)

    def allowed(self, url: httpx.URL) -> bool:
        """Whether a request may go there at all; in clear text only to an API that is configured so."""
        if url.userinfo:
            return False
        media = self._api.host.endswith(TWILIO) and url.host.endswith(TWILIO_MEDIA)
        return self.own(url) or (media and url.scheme == "https" and url.port is None)

    async def addresses(self, url: httpx.URL) -> list[str]:
        """The host's addresses that may be connected to; MediaFault if there is none."""
        port = url.port or (443 if url.scheme == "https" else 80)
        found = [one for one in await self._resolve(url.host, port) if self._fit(one, url)]
        if not found:
            raise MediaFault("address not allowed")
        return found

    def _fit(self, address: str, url: httpx.URL) -> bool:
        found = _literal(address)
        if found is None:
            return False
        if self.own(url) and (found == self._literal or (self._at_home and found.is_loopback)):
            return True
        return found.is_global and not found.is_multicast


def _literal(host: str) -> IPAddress | None:
    """The address a host is spelled as; one wrapped in IPv6 is taken out of its wrapping."""
    try:
        found = ipaddress.ip_address(host.split("%")[0])
    except ValueError:
        return None
    if isinstance(found, ipaddress.IPv6Address):
        if found in NAT64:
            return ipaddress.IPv4Address(int(found) & 0xFFFF_FFFF)
        return found.ipv4_mapped or found
    return found
