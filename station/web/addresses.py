"""Addresses of the internet, as sockets and people write them; pure."""

import ipaddress
from typing import Final

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_SITE_BITS: Final = 64
"""Whoever has an IPv6 address has all 2**64 of its network."""


def parse(text: str) -> Address | None:
    """Return an address, an IPv4 one in the form of IPv6 as what it is; None if the text is none."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def is_loopback(text: str) -> bool:
    """Tell whether the text is an address of this computer alone."""
    address = parse(text)
    return address is not None and address.is_loopback


def neighbourhood(text: str) -> str:
    """Return what of an address cannot be changed at will by who has it."""
    address = parse(text)
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, _SITE_BITS), strict=False))
    return text if address is None else str(address)
