"""The operator's orders, as the control file holds them: its form, what is good, which addresses a block covers.

    forgiven = 2
    blocked = ["198.51.100.7/32", "203.0.113.0/24", "2001:db8::/48"]
    state = "text-only"

Whatever part of a good file was written, none but the whole is good: all three keys are needed, and a line's end after
the last. So a file that somebody is about to write is never obeyed half.
"""

import tomllib
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import Any, Literal, TypeAlias, get_args

from msgspec import Struct

from omefree.errors import ControlError

ServerState: TypeAlias = Literal["open", "text-only", "frozen"]
Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

STATES: tuple[ServerState, ...] = get_args(ServerState)
KEYS = {"state", "blocked", "forgiven"}
CONTROL_BYTES = 262_144  # 12,000 prefixes, read in less than 0.1 s; a larger file is not read
FORGIVEN_MAX = 10**9
HOUSEHOLD = 64  # whoever has one IPv6 address has its whole /64
WIDEST = {4: 8, 6: 16}  # a shorter prefix is a slip of the keyboard: to shut everybody out, there is `freeze`


class Orders(Struct, frozen=True):
    """What the operator wants. `blocked` are prefixes in normal form; each new value of `forgiven` lifts all pauses."""

    state: ServerState = "open"
    blocked: tuple[str, ...] = ()
    forgiven: int = 0


def parse(text: str) -> Orders:
    """The orders in a control file. Raises ControlError, whose reason quotes nothing of the file."""
    if not text.endswith("\n"):
        raise ControlError("incomplete")
    try:
        table = tomllib.loads(text)
    except (ValueError, RecursionError):  # its own error is a ValueError, and so is that of a number of 5,000 digits
        raise ControlError("not_toml") from None
    if table.keys() - KEYS:
        raise ControlError("unknown_key")
    if KEYS - table.keys():
        raise ControlError("incomplete")
    return Orders(read_state(table["state"]), read_blocked(table["blocked"]), read_forgiven(table["forgiven"]))


def read_state(given: Any) -> ServerState:
    """The state. Raises ControlError `bad_state`."""
    for state in STATES:
        if given == state:
            return state
    raise ControlError("bad_state")


def read_blocked(given: Any) -> tuple[str, ...]:
    """The prefixes, in normal form, each once. Raises ControlError `bad_prefix`."""
    if not isinstance(given, list):
        raise ControlError("bad_prefix")
    return in_order(str(network(each)) for each in given)


def read_forgiven(given: Any) -> int:
    """How often all pauses were lifted. Raises ControlError `bad_forgiven`."""
    if type(given) is not int or not 0 <= given <= FORGIVEN_MAX:
        raise ControlError("bad_forgiven")
    return given


def network(given: Any) -> Network:
    """The network that an address or a prefix means. Raises ControlError `bad_prefix`.

    IPv4-mapped IPv6 is IPv4. A single IPv6 address means its /64. Bits after the prefix do not count.
    """
    if not isinstance(given, str) or "%" in given:  # ip_network takes numbers, bytes and a zone, too
        raise ControlError("bad_prefix")
    try:
        made = unmapped(ip_network(given.strip(), strict=False))
    except ValueError:
        raise ControlError("bad_prefix") from None
    if made.version == 6 and made.prefixlen > HOUSEHOLD:
        made = made.supernet(new_prefix=HOUSEHOLD)
    if made.prefixlen < WIDEST[made.version]:
        raise ControlError("bad_prefix")
    return made


def unmapped(given: Network) -> Network:
    """The IPv4 network that an IPv6 network is a spelling of; every other network as it is."""
    mapped = given.network_address.ipv4_mapped if isinstance(given, IPv6Network) else None
    return given if mapped is None or given.prefixlen < 96 else IPv4Network((mapped, given.prefixlen - 96))


def in_order(prefixes: Iterable[str]) -> tuple[str, ...]:
    """The prefixes in the order of their addresses, IPv4 first, each once."""
    return tuple(str(each) for each in sorted({network(prefix) for prefix in prefixes}, key=by_address))


def by_address(given: Network) -> tuple[int, int, int]:
    """What networks are put in order by."""
    return given.version, int(given.network_address), given.prefixlen


def text(orders: Orders) -> str:
    """The control file with these orders, as `parse` reads it."""
    blocked = ", ".join(f'"{prefix}"' for prefix in orders.blocked)
    return f'forgiven = {orders.forgiven}\nblocked = [{blocked}]\nstate = "{orders.state}"\n'


class Blocked:
    """The blocked prefixes, so that an address is looked up once for each length of prefix, not once for each."""

    __slots__ = ("_networks",)

    def __init__(self, prefixes: Iterable[str] = ()) -> None:
        self._networks: dict[tuple[int, int], set[int]] = {}
        for each in map(network, prefixes):
            shift = each.max_prefixlen - each.prefixlen
            self._networks.setdefault((each.version, shift), set()).add(int(each.network_address) >> shift)

    def holds(self, address: Address | None) -> bool:
        """Whether the address lies under a blocked prefix. IPv4-mapped IPv6 counts as IPv4."""
        if address is None or not self._networks:
            return False
        address = getattr(address, "ipv4_mapped", None) or address
        number, version = int(address), address.version
        return any(number >> shift in those for (of, shift), those in self._networks.items() if of == version)
