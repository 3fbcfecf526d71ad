"""A client of TURN (RFC 8656) and of STUN (RFC 8489), for whoever checks such a server: aioice's, and what it lacks."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
import ssl
import struct
from collections.abc import AsyncIterator
from typing import Any, NamedTuple, TypeAlias

from aioice import stun, turn

from omefree.errors import TurnRefused
from omefree.net.urls import IceUrl

LIFE_S = 60  # of an allocation that is not deleted; a server may give it more
IPV6 = 0x0200_0000  # RFC 8656, section 18.6
UDP = 0x1100_0000  # RFC 8656, section 18.7
DISCARD = 9  # the port of a peer, if none is meant: nothing is ever sent there
MESSAGE_BYTES = 2_048
SERVER_ERROR = 500  # RFC 8489, section 14.8; also for an error that has no code
TRIES, TRY_S = 6, 0.5  # UDP may lose some
FAMILY = "REQUESTED-ADDRESS-FAMILY"
# RFC 8656, section 18.6: aioice's codec lacks it, and without it no relay gives an IPv6 address.
stun.ATTRIBUTES_BY_NAME[FAMILY] = (0x0017, FAMILY, stun.pack_unsigned, stun.unpack_unsigned)

Credentials: TypeAlias = tuple[str, str]
Place: TypeAlias = tuple[str, int]


class Answer(NamedTuple):
    """What came to a STUN request: our address as the server sees it, and where the answer came from."""

    mapped: str
    source: str


async def ask_stun(host: str, port: int, answer_s: float) -> Answer:
    """Asks a STUN server for our address. Its answer may come from anywhere, so `source` has to be looked at.

    A request that is lost is sent again (RFC 8489, section 6.2.1). Raises TimeoutError, OSError.
    """
    loop = asyncio.get_running_loop()
    family, _, _, _, where = (await loop.getaddrinfo(host, port, type=socket.SOCK_DGRAM))[0]
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        asking = asyncio.create_task(repeat(sock, bytes(binding := request(stun.Method.BINDING)), where))
        try:
            async with asyncio.timeout(answer_s):
                return await first_answer(sock, binding.transaction_id)
        finally:
            asking.cancel()


async def repeat(sock: socket.socket, data: bytes, where: Any) -> None:
    """Sends the same datagram after 0, 0.5, 1.5, 3.5... seconds, until it is cancelled."""
    loop, wait_s = asyncio.get_running_loop(), TRY_S
    while True:
        with contextlib.suppress(OSError):  # a refusal of the one before; the next may arrive
            await loop.sock_sendto(sock, data, where)
        await asyncio.sleep(wait_s)
        wait_s *= 2


async def first_answer(sock: socket.socket, transaction_id: bytes) -> Answer:
    """The first response to this request. Raises OSError."""
    loop = asyncio.get_running_loop()
    while True:
        data, source = await loop.sock_recvfrom(sock, MESSAGE_BYTES)
        with contextlib.suppress(ValueError, struct.error):
            message = stun.parse_message(data)
            if message.transaction_id == transaction_id and "XOR-MAPPED-ADDRESS" in message.attributes:
                return Answer(message.attributes["XOR-MAPPED-ADDRESS"][0], source[0].partition("%")[0])


def request(method: stun.Method, **attributes: Any) -> stun.Message:
    """A request with these attributes; `_` in a name stands for `-`."""
    named = {name.replace("_", "-"): value for name, value in attributes.items()}
    return stun.Message(message_method=method, message_class=stun.Class.REQUEST, attributes=named)


class Heard(asyncio.DatagramProtocol):
    """The first datagram that comes through an allocation, in `data`."""

    def __init__(self) -> None:
        self.data: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def datagram_received(self, data: bytes, addr: Any) -> None:
        """Called by aioice with each datagram; an empty one only opens the way."""
        if data and not self.data.done():
            self.data.set_result(data)


class ByUdp(turn.TurnClientUdpProtocol):
    """aioice's client, for a server that may send anything: what cannot be parsed is dropped."""

    def datagram_received(self, data: Any, addr: Any) -> None:
        """Called with each datagram."""
        with contextlib.suppress(struct.error):
            super().datagram_received(data, addr)


class ByTcp(turn.TurnClientTcpProtocol):
    """The same over TCP or TLS."""

    def datagram_received(self, data: Any, addr: Any) -> None:
        """Called with each message of the stream."""
        with contextlib.suppress(struct.error):
            super().datagram_received(data, addr)


class Allocation:
    """A place at a relay. `relayed` is its address there, as others are told it."""

    def __init__(self, client: turn.TurnClientProtocol, relayed: Place) -> None:
        self.relayed = relayed
        self._client = client

    async def permits(self, peer: str) -> bool:
        """Whether the relay would carry data to and from this peer. Nothing is sent to the peer.

        Raises TurnRefused for any refusal but that of a forbidden peer.
        """
        try:
            await told(self._client, request(stun.Method.CREATE_PERMISSION, XOR_PEER_ADDRESS=(peer, DISCARD)))
        except TurnRefused as error:
            if error.code in (400, 403, 443):  # forbidden; 400: an address that is none; 443: of no family that it has
                return False
            raise
        return True

    async def carries_to(self, other: Allocation) -> bool:
        """Whether what is sent here arrives at another place, as in a call of two who both hide."""
        word = secrets.token_bytes(16)
        heard = other._client.receiver = Heard()
        try:
            await other._client.send_data(b"", self.relayed)  # whoever is not expected is not let through
            for _ in range(TRIES):
                await self._client.send_data(word, other.relayed)
                await asyncio.wait([heard.data], timeout=TRY_S)
                if heard.data.done():
                    return heard.data.result() == word
        except stun.TransactionFailed:
            pass
        return False

    async def delete(self) -> None:
        """Gives the place back, and closes the connection."""
        await self._client.delete()


@contextlib.asynccontextmanager
async def allocated(
    url: IceUrl, credentials: Credentials | None, tls: ssl.SSLContext | None = None, *, ipv6: bool = False
) -> AsyncIterator[Allocation]:
    """A place at the relay, for IPv4 or IPv6 peers. Raises TurnRefused, OSError; the caller sets the deadline."""
    client = await connected(url, credentials or (None, None), tls)
    try:
        family = {FAMILY: IPV6} if ipv6 else {}
        asked = request(stun.Method.ALLOCATE, LIFETIME=LIFE_S, REQUESTED_TRANSPORT=UDP)
        asked.attributes |= family
        place = (await told(client, asked)).attributes.get("XOR-RELAYED-ADDRESS")
        if place is None:
            raise ConnectionError("a place without an address")
    except BaseException:
        client.transport.close()
        raise
    made = Allocation(client, place)
    try:
        yield made
    finally:
        await made.delete()


async def told(client: turn.TurnClientProtocol, asked: stun.Message) -> stun.Message:
    """The response to a request. Raises TurnRefused."""
    try:
        response, _ = await client.request_with_retry(asked)
    except stun.TransactionFailed as error:
        raise TurnRefused(error.response.error_code or SERVER_ERROR) from None
    return response


async def connected(
    url: IceUrl, credentials: Credentials | tuple[None, None], tls: ssl.SSLContext | None
) -> turn.TurnClientProtocol:
    """A client that is connected by the URL's transport. Raises OSError."""
    loop = asyncio.get_running_loop()
    where, (name, password) = (url.host, url.port), credentials
    if url.transport == "udp":
        _, by_udp = await loop.create_datagram_endpoint(
            lambda: ByUdp(where, name, password, LIFE_S, LIFE_S), remote_addr=where
        )
        return by_udp
    _, by_tcp = await loop.create_connection(
        lambda: ByTcp(where, name, password, LIFE_S, LIFE_S),
        *where,
        ssl=tls if url.secure else None,
    )
    return by_tcp


def is_own(host: str) -> bool:
    """Whether an address is one of this machine's, so that asking it shows nothing of a firewall before it."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as sock:
            sock.bind((host, 0))
    except OSError:
        return False
    return True
