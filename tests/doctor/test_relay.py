"""STUN and TURN as the doctor asks them, and what its rules say of the answers. A real coturn: test_network.py."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from omefree.contract.events import IceServer
from omefree.doctor import relay, ways
from omefree.doctor.relay import StunFacts, TurnFacts
from omefree.net import stun
from omefree.net.peers import DENIED, PROBED, denial, denied
from omefree.net.urls import IceUrl, read_ice_url

URL = IceUrl(True, False, "turn.example", 3478, "udp")
GOOD = TurnFacts(URL, "9.0.0.1", "9.0.0.1", carries=True, granted=())


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("stun:chat.example:3478", IceUrl(False, False, "chat.example", 3478, "udp")),
        ("stun:chat.example", IceUrl(False, False, "chat.example", 3478, "udp")),
        ("turn:[2001:db8::1]:99?transport=tcp", IceUrl(True, False, "2001:db8::1", 99, "tcp")),
        ("turns:a.example", IceUrl(True, True, "a.example", 5349, "tcp")),
        ("turns:a.example:443?transport=udp", IceUrl(True, True, "a.example", 443, "udp")),
        ("turn:a.example:0", None),
        ("turn:a.example:65536", None),
        ("http://a.example", None),
        ("turn:", None),
    ],
)
def test_the_urls_of_browsers(url: str, read: IceUrl | None) -> None:
    assert read_ice_url(url) == read


def test_every_probed_address_is_denied_and_coturn_s_lines_cover_no_other() -> None:
    assert [peer for peer in PROBED if not denied(peer)] == []
    assert denied("9.9.9.9") is denied("2620:fe::fe") is None
    assert [line for line in map(denial, DENIED) if line.startswith("denied-peer-ip=::-")] == []


class FromElsewhere(asyncio.DatagramProtocol):
    """A STUN server whose answers leave from another address than was asked."""

    def __init__(self, other: socket.socket) -> None:
        self._other = other

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        answer = stun.answer(data, addr)
        assert answer is not None
        self._other.sendto(answer, addr)


class Liar(asyncio.DatagramProtocol):
    """A STUN and TURN server that answers in its own way. `{}` is the transaction of the request."""

    def __init__(self, said: bytes) -> None:
        self._said = said

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._transport.sendto(self._said.replace(b"{}", data[8:20]), addr)


@pytest.mark.parametrize(
    "said",
    [
        b"hello",
        b"\x01\x01\x00\x00\x21\x12\xa4\x42{}",  # a success of BINDING, without the address
        b"\x01\x03\x00\x00\x21\x12\xa4\x42{}",  # a success of ALLOCATE, without the address
        b"\x01\x13\x00\x00\x21\x12\xa4\x42{}",  # an error without its code
        b"\x01\x13\x00\x08\x21\x12\xa4\x42{}\x00\x09\x00\x04",  # an attribute that is cut
        b"\x01\x03\x00\x08\x21\x12\xa4\x42{}\x00\x0d\x00\x01\x00\x00\x00\x00",  # a number of one byte
    ],
)
async def test_a_server_that_lies(said: bytes, caplog: pytest.LogCaptureFixture) -> None:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: Liar(said), local_addr=("127.0.0.1", 0))
    with contextlib.closing(transport):
        place = f"127.0.0.1:{transport.get_extra_info('sockname')[1]}"
        named = [IceServer([f"stun:{place}"]), IceServer([f"turn:{place}"], "a", "b")]
        stun_facts, turn_facts = await ways.look(named, answer_s=0.5)
    found = relay.findings(stun_facts, turn_facts)
    assert [(each.check, each.result) for each in found] == [
        *(("stun", "bad"), ("turn", "bad"), ("turn-peers", "not looked at"))
    ]
    assert caplog.records == []  # which would be lines on stderr


@pytest.fixture
def other() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.2", 0))
        yield sock


async def test_stun_that_answers_from_another_address(other: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: FromElsewhere(other), local_addr=("127.0.0.1", 0))
    with contextlib.closing(transport):
        port = transport.get_extra_info("sockname")[1]
        [facts], _ = await ways.look([IceServer([f"stun:127.0.0.1:{port}"])])
    told = relay.told_address(facts)
    assert told.result == "bad"
    assert "answers from 127.0.0.2" in told.says


async def test_our_own_stun() -> None:
    endpoint = await stun.listen("127.0.0.1", 0)
    with contextlib.closing(endpoint):
        [facts], none = await ways.look([IceServer([f"stun:127.0.0.1:{endpoint.port}"]), IceServer(["stun:?"])])
    assert none == []
    assert (facts.mapped, facts.source, facts.from_here) == ("127.0.0.1", "127.0.0.1", True)
    told = relay.told_address(facts)
    assert told.result == "good"
    assert "from another machine" in told.says


async def test_a_name_that_there_is_not() -> None:
    named = [IceServer(["stun:nobody.invalid"]), IceServer(["turn:nobody.invalid"], "a", "b")]
    stun_facts, turn_facts = await ways.look(named)
    found = relay.findings(stun_facts, turn_facts)
    assert [(each.check, each.result) for each in found] == [
        *(("stun", "bad"), ("turn", "bad"), ("turn-peers", "not looked at"))
    ]
    assert "nobody.invalid does not answer: " in found[0].says


async def test_a_server_that_names_none() -> None:
    assert [(each.check, each.result) for each in relay.findings([], [])] == [("stun", "bad"), ("turn", "warning")]
    [with_turn, *_] = relay.findings([], [GOOD])
    assert with_turn.result == "good"


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        (TurnFacts(URL, code=401), "different secrets"),
        (TurnFacts(URL, code=508), "no free port"),
        (TurnFacts(URL, code=777), "TURN error 777"),
        (TurnFacts(URL, fault="silence"), "UDP 3478 of turn.example does not answer"),
        (TurnFacts(URL, "9.0.0.1", "9.0.0.1", open=True), "whoever comes"),
        (TurnFacts(URL, "9.0.0.1", "10.0.0.1", carries=True), "tells others the address 10.0.0.1"),
        (TurnFacts(URL, "9.0.0.1", "9.0.0.1"), "nothing passes"),
    ],
)
def test_what_is_wrong_with_a_relay(facts: TurnFacts, says: str) -> None:
    found = relay.allocation(facts)
    assert found.result == "bad"
    assert says in found.says
    assert found.mend


def test_a_relay_at_home_may_have_a_private_address() -> None:
    assert relay.allocation(TurnFacts(URL, "10.0.0.1", "10.0.0.1", carries=True)).result == "good"


def test_what_a_relay_grants_is_shown_with_the_lines_that_close_it() -> None:
    found = relay.peers([GOOD, TurnFacts(URL, granted=("127.0.0.1", "::ffff:10.0.0.1"))])
    assert found.says == "through the relay, strangers reach 127.0.0.1, ::ffff:10.0.0.1"
    assert "denied-peer-ip=127.0.0.0-127.255.255.255; denied-peer-ip=::ffff:" in found.mend
    assert relay.peers([GOOD]).result == "good"


def test_stun_that_is_silent() -> None:
    told = relay.told_address(StunFacts(URL))
    assert told.result == "bad"
    assert "ufw allow 3478/udp" in told.mend
