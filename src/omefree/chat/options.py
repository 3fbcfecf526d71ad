"""What the chat is told by whoever puts it together."""

from collections.abc import Callable

from msgspec import Struct

from omefree.contract.events import IceServer


def no_ice_servers(host: str, with_turn: bool) -> list[IceServer]:
    return []


class ChatOptions(Struct, frozen=True, kw_only=True):
    """`ice_servers(host, with_turn)` lists STUN under the name that the visitor reached us by, and TURN if asked."""

    server: str  # name and version, told in `welcome`
    node: str = ""  # in front of each resume token
    quota_scale: float = 1.0
    has_turn: bool = False
    ice_servers: Callable[[str, bool], list[IceServer]] = no_ice_servers
