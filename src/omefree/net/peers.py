"""The networks that a TURN relay must never reach for a stranger. PURE.

Whoever may relay to them reaches what listens on the relay's own machine, in its private network, and at the cloud's
metadata address. Sources: IANA's registries of special-purpose addresses (RFC 6890), and CVE-2026-27624: up to 4.9,
coturn's list for IPv4 does not cover the same addresses written as IPv6.
"""

from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import TypeAlias

Network: TypeAlias = IPv4Network | IPv6Network

DENIED: tuple[Network, ...] = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8",  # this network
            "10.0.0.0/8",  # private
            "100.64.0.0/10",  # carriers' address sharing
            "127.0.0.0/8",  # loopback
            "169.254.0.0/16",  # link-local, and the metadata of clouds
            "172.16.0.0/12",  # private
            "192.0.0.0/24",  # IETF protocol assignments
            "192.0.2.0/24",  # documentation
            "192.88.99.0/24",  # 6to4 relays, once
            "192.168.0.0/16",  # private
            "198.18.0.0/15",  # benchmarks
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, broadcast
            "::/96",  # unspecified, loopback, IPv4-compatible
            "::ffff:0:0/96",  # IPv4-mapped
            "64:ff9b::/96",  # NAT64
            "64:ff9b:1::/48",  # NAT64 of one's own
            "100::/64",  # discard
            "2001::/23",  # IETF protocol assignments, Teredo among them
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4: it holds any IPv4 address
            "3fff::/20",  # documentation
            "5f00::/16",  # segment routing
            "fc00::/7",  # private
            "fe80::/10",  # link-local
            "fec0::/10",  # site-local, once
            "ff00::/8",  # multicast
        ),
    )
)

# An address of each kind that somebody would try, as it is written; those of IPv6 lead to private ones of IPv4, too.
PROBED = (
    *("127.0.0.1", "169.254.169.254", "10.0.0.1", "172.16.0.1", "192.168.0.1", "0.0.0.0", "100.64.0.1", "192.0.0.8"),
    *("198.18.0.1", "224.0.0.1", "240.0.0.1"),
    *("::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:10.0.0.1", "::", "::1", "::7f00:1", "fc00::1", "fd00::1"),
    *("fe80::1", "64:ff9b::7f00:1", "64:ff9b:1::1", "2001::1", "2002:7f00:1::1", "ff02::1"),
)


def denied(address: str) -> Network | None:
    """The network that holds the address and that no relay may reach; None if there is none."""
    return next((network for network in DENIED if ip_address(address) in network), None)


def denial(network: Network) -> str:
    """coturn's line that forbids a network.

    It begins at ::1, not at ::, which coturn takes for every address: 4.6.1 then forbids all of IPv4. coturn never
    relays to :: itself.
    """
    first = network[1] if network.version == 6 and network[0].is_unspecified else network[0]
    return f"denied-peer-ip={first}-{network[-1]}"
