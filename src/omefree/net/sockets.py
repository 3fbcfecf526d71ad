"""Sockets on every address that a name stands for: `localhost` is 127.0.0.1 and ::1."""

import contextlib
import errno
import socket
from typing import Any

# The errors for an address family that this machine lacks; the name's other addresses may still work.
ABSENT = {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}
EVERY_NETWORK, EVERY_IPV4 = "::", "0.0.0.0"
TRIES = 8  # for a port that is free in both families


def bind(
    host: str, port: int, kind: socket.SocketKind = socket.SOCK_STREAM, *, shares: bool = False
) -> list[socket.socket]:
    """A non-blocking socket for each address of `host`, all on one port (0: any).

    `::` takes IPv4 too, and where this machine has no IPv6, it is `0.0.0.0`.

    `shares`: other sockets of this user may have the same port, and the kernel spreads connections over all of them
    (SO_REUSEPORT, socket(7)). A stream socket listens: of two servers that bind one port, the second fails only then
    (SO_REUSEADDR).
    Raises OSError if the port is taken or not permitted, or if the name is unknown (socket.gaierror).
    """
    for _ in range(TRIES - 1):
        try:
            return bind_once(host, port, kind, shares)
        except OSError as error:
            if port or error.errno != errno.EADDRINUSE:
                raise
    return bind_once(host, port, kind, shares)


def bind_once(host: str, port: int, kind: socket.SocketKind, shares: bool) -> list[socket.socket]:
    """Does one try of `bind`: a port that was free for the first address may be taken for the next."""
    absent = OSError(errno.EADDRNOTAVAIL, f"{host} has no address")
    with contextlib.ExitStack() as undo:
        bound: list[socket.socket] = []
        for family, address in addresses(host, kind):
            here = bound[0].getsockname()[1] if bound else port
            try:
                bound.append(undo.enter_context(bind_one(family, kind, (address[0], here, *address[2:]), shares)))
            except OSError as error:
                if error.errno not in ABSENT:
                    raise
                absent = error
        if not bound and host == EVERY_NETWORK:
            return bind_once(EVERY_IPV4, port, kind, shares)
        if not bound:
            raise absent
        undo.pop_all()
        return bound


def addresses(host: str, kind: socket.SocketKind) -> dict[tuple[int, tuple[Any, ...]], None]:
    """Each family and address of a name once, in the resolver's order."""
    # Browsers take `localhost` for both, whatever the machine's hosts file says (RFC 6761, section 6.3).
    names = ["127.0.0.1", "::1"] if host == "localhost" else [host]
    found = [each for name in names for each in socket.getaddrinfo(name, 0, type=kind)]
    return dict.fromkeys((family, address) for family, _, _, _, address in found)


def bind_one(family: int, kind: socket.SocketKind, address: tuple[Any, ...], shares: bool) -> socket.socket:
    """A bound, non-blocking socket for one address; a stream socket listens. Raises OSError; it is then closed."""
    sock = socket.socket(family, kind)
    try:
        sock.setblocking(False)
        if kind == socket.SOCK_STREAM:  # a restart need not wait for the old connections' TIME_WAIT
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shares:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(address[0] != "::"))
        sock.bind(address)
        if kind == socket.SOCK_STREAM:
            sock.listen()
    except OSError:
        sock.close()
        raise
    return sock
