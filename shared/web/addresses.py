"""Which machines may be reached: public addresses on the web's ports, and the private ones that a setting names."""

import ipaddress
import socket
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address

from shared.errors import Retryable, SettingError, Unprocessable
from shared.settings import settings

#: From host and port to the text of every address; injected by tests, which know no network.
Resolve = Callable[[str, int], tuple[str, ...]]

PUBLIC_PORTS = frozenset({80, 443})

# An explicit list, for `is_global` says True for multicast, 192.88.99.0/24, 64:ff9b::/96, 2002::/16 and fec0::/10 on
# Python 3.11 (reference: moderation.md section 5, rule 7). IPv4: the IANA registry of special-purpose addresses.
_CLOSED_4 = tuple(
    ipaddress.IPv4Network(text)
    for text in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carriers' shared addresses, and a cloud's metadata (100.100.100.200)
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # a cloud's platform service on an address that looks public
        "169.254.0.0/16",  # link-local, and most clouds' metadata
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # multicast tunnels
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
# IPv6: only global unicast is open at all, so IPv4-mapped (::ffff:0:0/96), IPv4-compatible (::/96), NAT64
# (64:ff9b::/96), unique local (fc00::/7), link-local, site-local (fec0::/10) and multicast are closed: not in it.
_OPEN_6 = ipaddress.IPv6Network("2000::/3")
_CLOSED_6 = tuple(
    ipaddress.IPv6Network(text)
    for text in (
        "2001::/23",  # protocol assignments: Teredo and others that carry an IPv4 address inside
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: carries an IPv4 address inside
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
)


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether the address belongs to the public Internet and to nobody's inside."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _CLOSED_4)
    return address in _OPEN_6 and not any(address in network for network in _CLOSED_6)


def resolve(host: str, port: int) -> tuple[str, ...]:
    """Every address of a host, in the system's order; Retryable("dns_failed") if there is none."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        raise Retryable("dns_failed", f"{host}: {error}") from error
    return tuple(dict.fromkeys(str(row[4][0]) for row in found))


def is_port_open(port: int) -> bool:
    """Whether any address may be asked at this port."""
    return port in PUBLIC_PORTS or any(port == named for _, named in _named_places())


def check_addresses(host: str, port: int, addresses: tuple[str, ...]) -> None:
    """Unprocessable unless every address that a host resolved to may be reached; addresses are judged, not texts."""
    named = _named_places()
    if (host, port) in named:
        return
    for text in addresses:
        address = ipaddress.ip_address(text)
        if (address.compressed, port) in named:
            continue
        if port not in PUBLIC_PORTS:
            raise Unprocessable("bad_port", f"{host}:{port}: only ports 80 and 443 are asked")
        if not is_public(address):
            raise Unprocessable(
                "private_address",
                f"{host} is {address}, which is not public; KIOSQUE_PRIVATE_ADDRESSES={host}:{port} would allow it",
            )


def _named_places() -> frozenset[tuple[str, int]]:
    return frozenset(_read_place(entry) for entry in settings().private_addresses)


def _read_place(entry: str) -> tuple[str, int]:
    host, _, port = entry.rpartition(":")
    host = host.strip("[]").lower()
    if not host or not port.isdecimal():
        raise SettingError(f"KIOSQUE_PRIVATE_ADDRESSES has {entry!r}, which is not host:port, as in 127.0.0.1:8765")
    try:
        return ipaddress.ip_address(host).compressed, int(port)
    except ValueError:
        return host, int(port)
