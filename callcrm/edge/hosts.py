"""The hosts of URLs and of the Origin header, however they are spelt."""

import socket
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

LOOPBACK = "loopback"


def host_of(url: str) -> str:
    """The host of a URL in one spelling: a name in lower case, in ASCII and without a dot at its end; an
    address as it is written in full; "loopback" for this machine itself.
    """
    host = (urlsplit(url).hostname or "").removesuffix(".")
    address = _address(host)
    if address:
        return LOOPBACK if address.is_loopback or address.is_unspecified else str(address)
    with suppress(UnicodeError):
        host = host.encode("idna").decode().lower()
    return LOOPBACK if host == "localhost" or host.endswith(".localhost") else host


def host_of_origin(origin: str) -> str:
    """Host and port of an Origin header; "" for "null", and for what is no origin.

    It is anybody's text: `urlsplit` raises ValueError for some.
    """
    return origin.partition("://")[2]


def is_loopback(url: str) -> bool:
    """Whether the URL leads to the machine it is called from."""
    return host_of(url) == LOOPBACK


def listens_here_alone(host: str) -> bool:
    """Whether a server that listens on this name or address is reached from its own machine alone."""
    address = _address(host)
    return address.is_loopback if address else host == "localhost"


def common_host(url: str, other: str) -> str:
    """The host or address that both URLs lead to; "" for none that is known."""
    hosts = host_of(url), host_of(other)
    if hosts[0] == hosts[1]:
        return hosts[0]
    return min(_addresses(hosts[0]) & _addresses(hosts[1]), default="")


def _address(host: str) -> IPv4Address | IPv6Address | None:
    with suppress(ValueError):
        address = ip_address(host)
        return getattr(address, "ipv4_mapped", None) or address
    with suppress(OSError, ValueError):
        # Such as 127.1, 0x7f000001 and 2130706433, which programs take for addresses as well.
        return IPv4Address(socket.inet_aton(host)) if host[:1].isdigit() else None
    return None


def _addresses(host: str) -> set[str]:
    if _address(host):
        return {host}
    with suppress(OSError, UnicodeError):
        addresses = (str(answer[4][0]) for answer in socket.getaddrinfo(host, None))
        return {str(_address(address) or address) for address in addresses}
    return set()
