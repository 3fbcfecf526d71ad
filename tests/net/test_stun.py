import asyncio
import ipaddress
import os
import shutil
import socket
import struct
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aioice import stun
from hypothesis import given
from hypothesis import strategies as st

from omefree.net.stun import Endpoint, answer, listen

COOKIE = 0x2112A442
TRANSACTION = bytes(range(12))
ADDRESS = ("192.0.2.1", 32853)


def request(kind: int = 0x0001, attributes: bytes = b"", cookie: int = COOKIE) -> bytes:
    """RFC 8489, section 5."""
    return struct.pack("!HHI12s", kind, len(attributes), cookie, TRANSACTION) + attributes


def mapped(response: bytes) -> tuple[str, int]:
    """The XOR-MAPPED-ADDRESS of a success response, read as RFC 8489, section 14.2 says."""
    kind, length, cookie, transaction = struct.unpack_from("!HHI12s", response)
    assert (kind, length, cookie, transaction) == (0x0101, len(response) - 20, COOKIE, TRANSACTION)
    name, size, _, family, port = struct.unpack_from("!HHBBH", response, 20)
    assert (name, size) == (0x0020, 8 if family == 1 else 20)
    mask = struct.pack("!I12s", COOKIE, TRANSACTION)
    host = bytes(a ^ b for a, b in zip(response[28 : 24 + size], mask, strict=False))
    return str(ipaddress.ip_address(host)), port ^ (COOKIE >> 16)


@pytest.mark.parametrize(
    ("peer", "told"),
    [
        (("192.0.2.1", 32853), "192.0.2.1"),
        (("2001:db8::1", 32853, 0, 0), "2001:db8::1"),
        (("::ffff:192.0.2.1", 32853, 0, 0), "192.0.2.1"),
        (("fe80::1%eth0", 32853, 0, 2), "fe80::1"),
    ],
)
def test_the_address_that_we_see(peer: tuple[str, int], told: str) -> None:
    response = answer(request(), peer)
    assert response is not None
    assert mapped(response) == (told, 32853)
    assert len(response) <= 44


def test_the_vector_of_rfc_5769() -> None:
    """Section 2.1's request, with SOFTWARE, PRIORITY, USERNAME, MESSAGE-INTEGRITY and FINGERPRINT."""
    sample = bytes.fromhex(
        "000100582112a442b7e7a701bc34d686fa87dfae802200105354554e207465737420636c69656e74002400046e0001ff"
        "80290008932ff9b151263b36000600096576746a3a68367659202020000800149aeaa70cbfd8cb56781ef2b5b2d3f249"
        "c1b571a280280004e57a3bcf"
    )
    response = answer(sample, ADDRESS)
    assert response is not None
    assert response[:2] == b"\x01\x01"
    assert response[8:20] == sample[8:20]


@pytest.mark.parametrize(
    "junk",
    [
        b"",
        b"\0",
        request()[:19],
        request() + b"\0",
        request(cookie=0),  # RFC 3489
        request(0x0101),  # a response: answering one could make a loop
        request(0x0011),  # an indication
        request(0x0003),  # ALLOCATE
        request(0x3FFF),
        request(attributes=b"\x80\x28\x00\x04abcd"),  # a wrong fingerprint
        request(attributes=b"\x80\x22\x00\x08abcd"),  # cut off
        request(attributes=b"\x80\x22\x00\x03abc"),  # without its padding
        request(attributes=b"\x80\x22\x00"),
        request(attributes=bytes(1000)),
    ],
)
def test_everything_else_is_ignored(junk: bytes) -> None:
    assert answer(junk, ADDRESS) is None


@given(st.binary(max_size=600), st.booleans())
def test_nothing_makes_it_raise(junk: bytes, well_begun: bool) -> None:
    response = answer(request(attributes=junk) if well_begun else junk, ADDRESS)
    assert response is None or len(response) <= 44


ATTRIBUTES = st.fixed_dictionaries(
    {},
    optional={
        "SOFTWARE": st.text(max_size=30),
        "PRIORITY": st.integers(0, 2**32 - 1),
        "USERNAME": st.text(max_size=30),
        "NONCE": st.binary(max_size=30),
        "ICE-CONTROLLED": st.integers(0, 2**64 - 1),
    },
)

# The kernel writes those that are IPv4's in a way of its own: above.
HOSTS = st.ip_addresses().filter(lambda host: getattr(host, "ipv4_mapped", None) is None)


@given(ATTRIBUTES, st.binary(min_size=12, max_size=12), st.booleans(), HOSTS, st.integers(0, 65535))
def test_aioice_reads_the_answer_to_its_request(
    attributes: dict[str, Any],
    transaction: bytes,
    fingerprint: bool,
    host: ipaddress.IPv4Address | ipaddress.IPv6Address,
    port: int,
) -> None:
    """Another implementation, which `omefree doctor` uses. Attributes of every length, so with every padding."""
    asked = stun.Message(stun.Method.BINDING, stun.Class.REQUEST, transaction, attributes)
    if fingerprint:
        asked.add_fingerprint()
    response = answer(bytes(asked), (str(host), port))
    assert response is not None
    read = stun.parse_message(response)
    assert (read.message_method, read.message_class) == (stun.Method.BINDING, stun.Class.RESPONSE)
    assert read.transaction_id == transaction
    told, told_port = read.attributes["XOR-MAPPED-ADDRESS"]
    assert (ipaddress.ip_address(told), told_port) == (host, port)


@pytest.fixture
async def endpoint() -> AsyncIterator[Endpoint]:
    made = await listen("localhost", 0)
    yield made
    made.close()


async def ask(endpoint: Endpoint, host: str) -> tuple[tuple[str, int], tuple[str, int]]:
    """What a client at `host` is told, and what is true."""
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        sock.connect((host, endpoint.port))
        await loop.sock_sendall(sock, b"junk")
        await loop.sock_sendall(sock, request())
        response = await asyncio.wait_for(loop.sock_recv(sock, 100), 5)
        return mapped(response), sock.getsockname()[:2]


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_over_the_network(endpoint: Endpoint, host: str) -> None:
    told, true = await ask(endpoint, host)
    assert told == true


async def test_one_socket_for_both_families() -> None:
    made = await listen("::", 0)
    assert all(told == true for told, true in [await ask(made, "127.0.0.1"), await ask(made, "::1")])
    made.close()


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
async def test_the_answer_comes_from_the_address_that_was_asked(host: str) -> None:
    """A browser's socket is connected, and drops what comes from elsewhere: the kernel alone would take 127.0.0.1."""
    made = await listen(host, 0)
    told, true = await ask(made, "127.0.0.2")
    assert told == true
    made.close()


async def test_a_taken_port_is_an_error(endpoint: Endpoint) -> None:
    with pytest.raises(OSError, match="in use"):
        await listen("127.0.0.1", endpoint.port)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_with_coturns_client(endpoint: Endpoint, host: str) -> None:
    assert shutil.which("turnutils_stunclient"), "install the system's package coturn"
    process = await asyncio.create_subprocess_exec(
        *("turnutils_stunclient", "-p", str(endpoint.port), host),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={"PATH": os.environ["PATH"]},
    )
    output, _ = await asyncio.wait_for(process.communicate(), 20)
    assert f"UDP reflexive addr: {host}" in output.decode().replace("[", "")
