import errno
import socket
from typing import Any

import pytest

from omefree.net.sockets import bind


def close(sockets: list[socket.socket]) -> None:
    for each in sockets:
        each.close()


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_localhost_is_every_loopback_address_on_one_port(kind: socket.SocketKind) -> None:
    sockets = bind("localhost", 0, kind)
    names = [each.getsockname() for each in sockets]
    close(sockets)
    assert "127.0.0.1" in [name[0] for name in names]
    assert len({name[1] for name in names}) == 1
    assert names[0][1] != 0


def test_a_taken_port_is_an_error_and_leaves_nothing_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        with pytest.raises(OSError, match="in use") as caught:
            bind("localhost", taken.getsockname()[1])
        assert caught.value.errno == errno.EADDRINUSE


def test_of_two_servers_at_one_instant_the_second_is_told() -> None:
    """Before, both could bind, and the second failed later, as it began to listen."""
    (first,) = bind("127.0.0.1", 0)
    with pytest.raises(OSError, match="in use"):
        bind("127.0.0.1", first.getsockname()[1])
    first.close()


def test_every_network_takes_ipv4_too() -> None:
    (sock,) = bind("::", 0)
    with socket.create_connection(("127.0.0.1", sock.getsockname()[1])):
        pass
    sock.close()


class WithoutIpv6(socket.socket):
    """The sockets of a machine that has no IPv6."""

    def __init__(self, family: int = -1, *more: int, **named: Any) -> None:
        if family == socket.AF_INET6:
            raise OSError(errno.EAFNOSUPPORT, "Address family not supported by protocol")
        super().__init__(family, *more, **named)


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_every_network_is_every_ipv4_network_where_there_is_no_ipv6(
    monkeypatch: pytest.MonkeyPatch, kind: socket.SocketKind
) -> None:
    monkeypatch.setattr(socket, "socket", WithoutIpv6)
    (sock,) = bind("::", 0, kind)
    assert sock.getsockname()[0] == "0.0.0.0"
    sock.close()
    with pytest.raises(OSError, match="not supported"):
        bind("::1", 0, kind)


def test_an_unknown_name() -> None:
    with pytest.raises(socket.gaierror):
        bind("no.such.name.invalid", 0)


def test_an_address_that_this_machine_lacks() -> None:
    with pytest.raises(OSError, match="assign"):
        bind("203.0.113.1", 0)
