"""The WebSocket protocol alone (RFC 6455), as a client sees it. tests/echo.py is for more of it: Autobahn's suite."""

import asyncio
import socket
from collections.abc import AsyncIterator

import msgspec
import pytest

from omefree.engine.session import CloseReason
from tests.echo import SUITE, engine_of, plain_server_of, start
from tests.engine.conftest import EchoServer
from tests.engine.raw import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    Frame,
    RawConnection,
    WebSocket,
    frame,
    websocket,
)

# Fragments (section 5.4)


@pytest.mark.parametrize("kind", [TEXT, BINARY])
@pytest.mark.parametrize("parts", [[b"4", b""], [b"", b"4"], [b"", b"", b"4x", b""], [b"4", *[b"x"] * 1_000]])
async def test_a_message_comes_back_whole(echo: EchoServer, kind: int, parts: list[bytes]) -> None:
    socket = await echo.websocket()
    kinds = [kind] + [CONTINUATION] * (len(parts) - 1)
    ends = [False] * (len(parts) - 1) + [True]
    await socket.raw(*(frame(kind, part, fin=end) for kind, part, end in zip(kinds, parts, ends, strict=True)))
    assert await socket.receive() == Frame(kind, b"".join(parts))


async def test_a_fragmented_message_may_follow_another(echo: EchoServer) -> None:
    socket = await echo.websocket()
    for kind in (TEXT, BINARY, TEXT):
        await socket.raw(frame(kind, b"4a", fin=False), frame(CONTINUATION, b"b"))
        assert await socket.receive() == Frame(kind, b"4ab")


async def test_control_frames_may_come_between_fragments(echo: EchoServer) -> None:
    socket = await echo.websocket()
    await socket.raw(frame(TEXT, b"4\xc3", fin=False), frame(PING, b"now"), frame(PONG, b""))
    assert await socket.receive() == Frame(PONG, b"now")
    await socket.raw(frame(CONTINUATION, b"", fin=False), frame(CONTINUATION, b"\xa9"))
    assert await socket.text() == "4é"


async def test_a_close_frame_may_come_between_fragments(echo: EchoServer) -> None:
    socket = await echo.websocket()
    await socket.raw(frame(TEXT, b"4", fin=False), frame(CLOSE, b"\x03\xe8"))
    assert (await socket.receive()).code == 1000
    assert await echo.ended() is CloseReason.CLIENT


# Pings and pongs (sections 5.5.2 and 5.5.3)


@pytest.mark.parametrize("data", [b"", b"a", b"\0\xff\xfe", bytes(125)])
async def test_a_ping_is_answered_with_what_was_in_it(echo: EchoServer, data: bytes) -> None:
    socket = await echo.websocket()
    await socket.raw(frame(PING, data))
    assert await socket.receive() == Frame(PONG, data)


async def test_pings_are_answered_in_order(echo: EchoServer) -> None:
    socket = await echo.websocket()
    await socket.raw(*(frame(PING, b"%d" % number) for number in range(10)))
    assert [(await socket.receive()).data for _ in range(10)] == [b"%d" % number for number in range(10)]


async def test_a_pong_that_nobody_asked_for_is_ignored(echo: EchoServer) -> None:
    socket = await echo.websocket()
    await socket.raw(frame(PONG, b"unasked"), frame(TEXT, b"4hello"))
    assert await socket.text() == "4hello"


# UTF-8 (sections 5.6 and 8.1)

NO_UTF8 = [
    *(b"\x80", b"\xbf", b"\xfe", b"\xff"),  # no letter begins so
    *(b"\xc3", b"\xe1\xbd", b"\xf0\x9f\x98", b"\xc3\xc3\xa9", b"\xe2\x82 "),  # cut off
    *(b"\xc0\xaf", b"\xc1\xbf", b"\xe0\x80\xaf", b"\xe0\x9f\xbf", b"\xf0\x80\x80\xaf", b"\xf0\x8f\xbf\xbf"),  # too long
    *(b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\xed\xa0\xbd\xed\xb8\x80"),  # surrogates
    *(b"\xf4\x90\x80\x80", b"\xf8\x88\x80\x80\x80", b"\xfc\x84\x80\x80\x80\x80"),  # beyond U+10FFFF
]


@pytest.mark.parametrize(
    "text", ["\0", "\x7f", "\x80é", "\u07ff", "\u0800", "\ud7ff\ue000", "\ufffe\uffff", "😀\U0010ffff"]
)
async def test_every_letter_comes_back(echo: EchoServer, text: str) -> None:
    socket = await echo.websocket()
    await socket.send("4" + text)
    assert await socket.text() == "4" + text
    first, *rest = (bytes([byte]) for byte in text.encode())
    await socket.raw(frame(TEXT, b"4" + first, fin=False), *(frame(CONTINUATION, byte, fin=False) for byte in rest))
    await socket.raw(frame(CONTINUATION, b""))
    assert await socket.text() == "4" + text


@pytest.mark.parametrize("bad", NO_UTF8)
async def test_text_that_is_no_utf8_closes_with_1007(echo: EchoServer, bad: bytes) -> None:
    whole, cut, binary = [await echo.websocket() for _ in range(3)]
    await whole.raw(frame(TEXT, b"4good" + bad))
    assert (await whole.receive()).code == 1007
    await cut.raw(frame(TEXT, b"4" + bad[:1], fin=False), frame(CONTINUATION, bad[1:]))
    assert (await cut.receive()).code == 1007
    await binary.send(bad)
    assert await binary.receive() == Frame(BINARY, bad)


# The close (sections 5.5.1 and 7)

MEANT = {code: (code, CloseReason.CLIENT) for code in (1000, 1001)}
UNCLEAR = dict.fromkeys([1002, 1003, *range(1007, 1015), 3000, 3999, 4000, 4999], (1000, CloseReason.LOST))
NO_CODE = dict.fromkeys(
    [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535], (1002, CloseReason.PROTOCOL)
)


@pytest.mark.parametrize(("code", "end"), (MEANT | UNCLEAR | NO_CODE).items())
async def test_a_close_frame_is_answered(echo: EchoServer, code: int, end: tuple[int, CloseReason]) -> None:
    socket = await echo.websocket()
    assert ((await socket.close(code)).code, await echo.ended()) == end
    assert await socket.connection.rest() == b""


@pytest.mark.parametrize(
    ("data", "answer"),
    [
        (b"", 1000),
        (b"\x03\xe8" + "bye é".encode(), 1000),
        (b"\x03\xe8" + b"x" * 123, 1000),
        (b"\x03\xe8" + b"x" * 124, 1002),  # a control frame has at most 125 bytes
        (b"\x03", 1002),
        *((b"\x03\xe8" + bad, 1007) for bad in NO_UTF8),
    ],
)
async def test_a_close_frame_may_have_a_reason(echo: EchoServer, data: bytes, answer: int) -> None:
    socket = await echo.websocket()
    await socket.raw(frame(CLOSE, data))
    assert (await socket.receive()).code == answer
    await echo.ended()


@pytest.mark.parametrize("late", [frame(TEXT, b"4late"), frame(PING, b""), frame(CLOSE, b"\x03\xea"), frame(3, b"")])
@pytest.mark.parametrize("goodbye", [b"", b"\x03\xe8"])
async def test_what_comes_behind_a_close_frame_is_not_looked_at(echo: EchoServer, goodbye: bytes, late: bytes) -> None:
    """Section 1.4. A second one, or a frame that must not be, had ended the session as a breach of the protocol."""
    socket = await echo.websocket()
    await socket.raw(frame(CLOSE, goodbye), late)
    assert (await socket.receive()).code == 1000
    assert await echo.ended() is (CloseReason.CLIENT if goodbye else CloseReason.LOST)
    assert await socket.connection.rest() == b""


# Autobahn's echo


@pytest.fixture
async def plain() -> AsyncIterator[WebSocket]:
    engine = engine_of("plain", msgspec.structs.replace(SUITE, path="/engine.io/"), asyncio.get_running_loop())
    server = plain_server_of(engine)
    listening = socket.create_server(("127.0.0.1", 0))
    await start(server, listening)
    connection = await RawConnection.open(listening.getsockname()[1])
    yield await websocket(connection)
    connection.drop()
    await server.shutdown()


async def test_the_plain_echo_shows_no_protocol_of_ours(plain: WebSocket) -> None:
    for kind, data in [(TEXT, b""), (TEXT, b"hello"), (TEXT, "é".encode()), (BINARY, b"\0"), (BINARY, b"4")]:
        await plain.raw(frame(kind, data))
        assert await plain.receive() == Frame(kind, data)
    await plain.raw(frame(TEXT, b"he", fin=False), frame(CONTINUATION, b"llo"))
    assert await plain.text() == "hello"
