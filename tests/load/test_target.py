"""The load goes nowhere but to this machine, unless somebody says whose the other one is."""

from __future__ import annotations

import socket

import pytest
from aiohttp import web

from omefree.client import ConnectError, Visitor
from omefree.client.websocket import WebSocket
from omefree.errors import StartError
from omefree.load.polling import Polling
from omefree.load.target import aim, is_this_machine, refuse_others
from tests.client.scripted_server import listening
from tests.test_server import Process


@pytest.mark.parametrize("address", ["127.0.0.1", "127.255.3.4", "::1", "::ffff:127.0.0.1"])
def test_loopback(address: str) -> None:
    assert is_this_machine(address)


@pytest.mark.parametrize(
    "address",
    ["0.0.0.0", "::", "10.0.0.1", "192.168.1.1", "169.254.169.254", "fe80::1%lo", "::ffff:10.0.0.1", "203.0.113.5"],
)
def test_what_is_not_loopback(address: str) -> None:
    assert not is_this_machine(address)


def test_one_foreign_address_among_many_is_enough() -> None:
    refuse_others("localhost", ["::1", "127.0.0.1"])
    with pytest.raises(StartError, match=r"203\.0\.113\.5"):
        refuse_others("rebinding.example", ["127.0.0.1", "203.0.113.5"])


@pytest.mark.parametrize(
    "url", ["http://192.0.2.7", "https://[2001:db8::7]:8443", "0.0.0.0:8000", "[::ffff:192.0.2.7]"]
)
async def test_nothing_is_sent_to_another_machine(url: str) -> None:
    with pytest.raises(StartError, match="--yes-this-is-mine"):
        await aim(url, is_mine=False)


async def test_the_operator_may_aim_at_a_server_of_theirs() -> None:
    """192.0.2.0/24 is nobody's (RFC 5737): the attempt is made, and fails for another reason than ours."""
    with socket.socket() as unused:
        unused.bind(("0.0.0.0", 0))
        port = unused.getsockname()[1]
        with pytest.raises(ConnectError, match="is the server running"):
            await aim(f"http://0.0.0.0:{port}", is_mine=True)


async def test_of_several_addresses_the_one_that_listens_is_taken(server: Process) -> None:
    port = server.url.rpartition(":")[2]
    target = await aim(f"http://localhost:{port}", is_mine=False)
    assert target.where[:2] == ("127.0.0.1", int(port))


@pytest.mark.parametrize("kind", [WebSocket, Polling])
async def test_a_redirect_is_not_followed(server: Process, kind: type[WebSocket] | type[Polling]) -> None:
    asked = []

    async def leads_elsewhere(request: web.Request) -> web.StreamResponse:
        asked.append(request.path)
        raise web.HTTPTemporaryRedirect(f"{server.url}{request.path_qs}")

    async with listening(leads_elsewhere) as port:
        target = await aim(f"http://127.0.0.1:{port}", is_mine=False)
        visitor = Visitor(target.url, make_transport=lambda heard, gone: kind(heard, gone, target.dial))
        with pytest.raises(ConnectError, match="not an OmeFree server"):
            async with visitor:
                pass
    assert asked == ["/socket.io/"]
