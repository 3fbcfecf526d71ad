"""Lets picows serve a UNIX socket: it sets options of TCP, which such a socket refuses."""

from __future__ import annotations

from typing import Any


class WithoutTcp:
    """The transport of a UNIX connection: the same, but options of its socket are not set."""

    def __init__(self, transport: Any) -> None:
        self.plain = transport

    def __getattr__(self, name: str) -> Any:
        return getattr(self.plain, name)

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """What the transport knows under this name; of the socket, only its number."""
        info = self.plain.get_extra_info(name, default)
        return NumberAlone(info) if name == "socket" else info


class NumberAlone:
    """A socket without options."""

    def __init__(self, sock: Any) -> None:
        self.fileno = sock.fileno

    def setsockopt(self, *_option: Any) -> None:
        """Does nothing."""

    def getsockopt(self, *_option: Any) -> int:
        """0, whatever the option."""
        return 0


def plain(transport: Any) -> Any:
    """The transport itself, without what WithoutTcp has put around it."""
    return transport.plain if isinstance(transport, WithoutTcp) else transport
