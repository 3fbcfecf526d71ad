"""What the kernel keeps for a peer: how much, for how long, and how to drop it."""

from __future__ import annotations

import fcntl
import socket
import struct
import sys
from typing import Any

SEND_BUFFER_BYTES = 131_072  # without a bound, the kernel takes 1.6 MB for a peer that reads nothing
RECEIVE_BUFFER_BYTES = 65_536  # picows doubles its buffer until all fits, and keeps it: one flood made 28 MB
USER_TIMEOUT_MS = 30_000  # data unacknowledged for longer means that the peer is gone (TCP_USER_TIMEOUT, RFC 5482)
SIOCOUTQNSD, SIOCOUTQ = 0x894B, 0x5411  # linux/sockios.h: what is not sent yet, and what is not read yet
AT_ONCE = struct.pack("ii", 1, 0)  # struct linger: on, for no time


def bound(listening: socket.socket) -> None:
    """Bounds a listening socket. The connections that it accepts inherit the bounds (socket(7), tcp(7))."""
    if listening.family in (socket.AF_INET, socket.AF_INET6):
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT_MS)


def unsent(transport: Any) -> int:
    """How many bytes are not yet sent, because the peer takes no more: the transport's own and the kernel's."""
    ours = int(transport.get_write_buffer_size())
    if transport.is_closing():
        return ours  # the descriptor may belong to another connection by now
    sock = transport.get_extra_info("socket")
    question = SIOCOUTQ if is_unix(transport) else SIOCOUTQNSD  # unix(7): what was sent lies with the peer
    return ours + int.from_bytes(fcntl.ioctl(sock.fileno(), question, bytes(4)), sys.byteorder)


def is_unix(transport: Any) -> bool:
    """Whether the connection came over a UNIX socket."""
    return bool(transport.get_extra_info("socket").family == socket.AF_UNIX)


def reset(transport: Any) -> None:
    """Cuts a connection and drops what the kernel still has for it (SO_LINGER, socket(7)).

    Otherwise a peer that reads a byte now and then would keep that for ever, in a connection that we no longer hold.
    """
    if not transport.is_closing():
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
    transport.abort()
