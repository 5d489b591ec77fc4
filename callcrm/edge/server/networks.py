"""IP addresses as others write them, and the networks that belong to one customer of a provider."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
LONGEST = 64  # characters, brackets, zone and port included
IPV6_PREFIXES = (64, 48)  # bits: what one line has for itself, and what one site may have


def parse_address(text: str) -> Address | None:
    """The address in a hop of `X-Forwarded-For`, with or without port, brackets, quotes and zone; None where
    there is none. An IPv4 address inside IPv6 is the IPv4 address.
    """
    text = text.strip().strip('"').strip()
    if len(text) > LONGEST:
        return None
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def networks_of(address: Address) -> tuple[str, ...]:
    """What to count this address under, the narrowest first: an IPv4 address by itself, of IPv6 its /64
    and /48.
    """
    if isinstance(address, IPv4Address):
        return (str(address),)
    return tuple(str(IPv6Network((address, bits), strict=False)) for bits in IPV6_PREFIXES)
