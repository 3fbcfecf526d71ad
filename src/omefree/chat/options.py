"""The settings of the chat, given by whatever builds it."""

from collections.abc import Callable

from msgspec import Struct

from omefree.contract.events import IceServer
from omefree.contract.limits import RESUME_WINDOW_CHAT_S, RESUME_WINDOW_S


def no_ice_servers(host: str, with_turn: bool) -> list[IceServer]:
    """An empty list: the default of a server without STUN and TURN."""
    return []


class ChatOptions(Struct, frozen=True, kw_only=True):
    """`ice_servers(host, with_turn)` lists the STUN server under `host`, the name by which the visitor reached us.
    With `with_turn` it lists TURN, too.
    """

    server: str  # name and version; `welcome` tells them
    node: str = ""  # prefix of each resume token
    quota_scale: float = 1.0
    resume_window_s: float = RESUME_WINDOW_S  # outside a chat
    resume_window_chat_s: float = RESUME_WINDOW_CHAT_S
    has_turn: bool = False
    ice_servers: Callable[[str, bool], list[IceServer]] = no_ice_servers
