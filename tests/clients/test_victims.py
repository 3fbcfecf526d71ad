"""What goes on unread is harmless: an official client in a chat with one who writes frames by hand."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec
import pytest

from omefree.config import Config
from omefree.engine.engine import Engine
from omefree.engine.options import EngineOptions
from omefree.engine.session import CloseReason, Session
from omefree.engine.sockets import Namespaces, Socket
from omefree.http.gate import HttpGate
from omefree.server import make_chat
from tests.clients.official import CLIENTS, POLLING, WEBSOCKET, Client, JavaScript
from tests.echo import server_of, start
from tests.engine.raw import CLOSE, TEXT, UPGRADE, RawConnection, WebSocket, frame

DEEP = "[" * 2_000 + "]" * 2_000
CHAT = "CHAT"  # stands for its id

# Behind `42`, and all of it refused: what breaks a client's parser, and what more than one parser would read otherwise.
POISONS = {
    "a quotation mark": '["message","CHAT","a"b"]',
    "no end": '["message","CHAT","a',
    "no end of the array": '["message","CHAT","a"',
    "a backslash at the end": '["message","CHAT","a\\"]',
    "an escape that is none": '["message","CHAT","\\x41"]',
    "the separator of polling": '["message","CHAT","a"]\x1e42["ended","CHAT","left"]',
    "the separator in a text": '["message","CHAT","a\x1e42[\\"ended\\"]"]',
    "a close packet behind the separator": '["signal","CHAT","a"]\x1e1',
    "a disconnect behind the separator": '["typing","CHAT",true]\x1e41',
    "binary behind the separator": '["message","CHAT","a"]\x1ebAAAA',
    "another event behind": '["message","CHAT","a"]42["ended","CHAT","left"]',
    "a line": '["message","CHAT","a\nb"]',
    "a NUL": '["message","CHAT","a\0b"]',
    "half a letter": '["message","CHAT","\\ud83d"]',
    "a number": '["message","CHAT",NaN]',
    "a number without end": f'["message","CHAT",{"9" * 5_000}]',
    "nesting": f'["message","CHAT",{DEEP}]',
    "nesting behind": f'["message","CHAT","a",{DEEP}]',
    "a prototype": '["message","CHAT",{"__proto__":{"toString":1}}]',
    "a prototype for a name": '["__proto__","CHAT","a"]',
    "a placeholder": '["message","CHAT",{"_placeholder":true,"num":0}]',
    "a reserved name": '["disconnect","CHAT","a"]',
    "an error": '["error","CHAT","a"]',  # CVE-2024-38355
    "what only the server says": '["ended","CHAT","left"]',
    "typing that is no boolean": '["typing","CHAT",1e999]',
}

# What breaks the protocol below: the attacker loses its connection, the partner hears that it is away.
BREAKS = {
    "no UTF-8": b'42["message","CHAT","\xff"]',
    "an encoded surrogate": b'42["message","CHAT","\xed\xa0\x80"]',
    "an attachment that never comes": b'451-["message","CHAT",{"_placeholder":true,"num":0}]',
    "a packet of no type": b'48["message","CHAT","a"]',
}


class Attacker:
    """A visitor that writes its frames by hand, over WebSocket."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: WebSocket
        self.chat = CHAT
        self.token = ""

    async def arrive(self) -> None:
        """As a new visitor, or as the one that it was."""
        connection = await RawConnection.open(self._port)
        assert (await connection.ask("GET", "/socket.io/?EIO=4&transport=websocket", UPGRADE)).status == 101
        self._socket = WebSocket(connection)
        await self.write(b"40" + msgspec.json.encode({"v": 1, "resume": self.token or None}))

    async def write(self, packet: bytes) -> None:
        await self._socket.raw(frame(TEXT, packet.replace(CHAT.encode(), self.chat.encode())))

    async def emit(self, *event: Any) -> None:
        await self.write(b"42" + msgspec.json.encode(event))

    async def hears(self, name: str) -> Any:
        """The first argument of the next event of this name."""
        while not (text := await self._socket.text()).startswith(f'42["{name}",'):
            pass
        return msgspec.json.decode(text[2:])[1]

    async def welcomed(self) -> None:
        self.token = (await self.hears("welcome"))["resume"]

    async def is_refused(self) -> None:
        """The error for what was last said."""
        await self.hears("failed")

    async def is_closed(self) -> None:
        while (await self._socket.receive()).opcode != CLOSE:
            pass
        self.drop()

    def drop(self) -> None:
        self._socket.connection.drop()


async def hears(victim: Client) -> list[Any]:
    """The next event that is not the counter."""
    while (event := await victim.event())[0] == "online":
        pass
    return event


@pytest.fixture
async def port() -> AsyncIterator[int]:
    """Of the chat, as it is put together for production."""
    config = Config(quota_scale=1_000)
    engine, _ = make_chat(config, HttpGate(config, asyncio.get_running_loop().time), stun_port=0)
    async for port in serve(engine):
        yield port


async def serve(engine: Engine) -> AsyncIterator[int]:
    listening = socket.create_server(("127.0.0.1", 0))
    server = server_of(engine)
    await start(server, listening)
    yield listening.getsockname()[1]
    await server.shutdown()


async def pair(port: int, victim: Client, transports: list[str]) -> Attacker:
    """A victim in a chat with an attacker."""
    attacker = Attacker(port)
    await attacker.arrive()
    await attacker.welcomed()
    await attacker.emit("find", {"mode": "text"})
    await victim.connect(f"http://127.0.0.1:{port}", transports)
    assert await victim.call("find", {"mode": "text"}) == [{"ok": True}]
    attacker.chat = (await attacker.hears("matched"))["chat"]
    while (await hears(victim))[0] != "matched":
        pass
    return attacker


@pytest.mark.parametrize("transports", [WEBSOCKET, POLLING], ids="-".join)
@pytest.mark.parametrize("new_client", CLIENTS)
async def test_whatever_an_attacker_writes_its_partner_hears_nothing_but_texts(
    port: int, new_client: Callable[[], Client], transports: list[str]
) -> None:
    victim = new_client()
    attacker = await pair(port, victim, transports)
    chat = attacker.chat
    for poison in POISONS.values():
        await attacker.write(b"42" + poison.encode())
        await attacker.is_refused()
    for broken in BREAKS.values():
        await attacker.write(broken)
        await attacker.is_closed()
        assert await hears(victim) == ["partner", chat, "away"]
        await attacker.arrive()
        assert await hears(victim) == ["partner", chat, "back"]
        await attacker.welcomed()
    await attacker.emit("message", chat, '"]\x1e1')  # encoded as it should be
    assert await hears(victim) == ["message", chat, '"]\x1e1']
    assert await victim.call("message", chat, "still here") == [{"ok": True}]
    assert await attacker.hears("message") == chat
    attacker.drop()
    await victim.disconnect()


# What the same does where it is passed on unread: so the tests above bite.


class Unread:
    """A namespace that passes every event on to all others as it came."""

    def __init__(self) -> None:
        self._sockets: list[Socket] = []

    def connect(self, socket: Socket, auth: bytes) -> Unread.Member:
        self._sockets.append(socket)
        return Unread.Member(self, socket)

    def pass_on(self, sender: Socket, frame: bytes) -> None:
        for other in self._sockets:
            if other is not sender:
                other.send(frame)

    class Member:
        def __init__(self, room: Unread, socket: Socket) -> None:
            self._room = room
            self._socket = socket

        def opened(self) -> None:
            pass

        def event(self, frame: bytes, at: int, ack: int | None) -> None:
            self._room.pass_on(self._socket, frame)

        def binary_event(self, args: list[Any], ack: int | None) -> None:
            pass

        def closed(self, reason: CloseReason) -> None:
            pass


@pytest.fixture
async def unread() -> AsyncIterator[int]:
    room = Unread()

    def connection(session: Session) -> Namespaces:
        return Namespaces({"/": room.connect}, session)

    async for port in serve(Engine(EngineOptions(), asyncio.get_running_loop(), connection)):
        yield port


async def attack_unread(port: int, transports: list[str], poison: str) -> JavaScript:
    victim, attacker = JavaScript(), Attacker(port)
    await victim.connect(f"http://127.0.0.1:{port}", transports)
    await attacker.arrive()
    await attacker.write(b"42" + poison.encode())
    attacker.drop()
    return victim


@pytest.mark.parametrize("poison", ["a quotation mark", "no end", "a backslash at the end", "a number"])
async def test_passed_on_unread_it_would_disconnect_the_partner(unread: int, poison: str) -> None:
    victim = await attack_unread(unread, WEBSOCKET, POISONS[poison])
    assert await victim.disconnected() == "parse error"
    await victim.disconnect()


async def test_passed_on_unread_a_separator_would_forge_what_the_server_says(unread: int) -> None:
    victim = await attack_unread(unread, POLLING, POISONS["the separator of polling"])
    assert await victim.event() == ["message", CHAT, "a"]
    assert await victim.event() == ["ended", CHAT, "left"]
    await victim.disconnect()
