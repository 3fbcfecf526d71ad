"""WebSockets and the way to them from long-polling, over a real server (Engine.IO protocol revision 4)."""

import asyncio
import random

import pytest

from omefree.engine.session import CloseReason, Session
from tests.engine.conftest import Echo, EchoServer, Open
from tests.engine.raw import BINARY, ENGINE_IO, TEXT, UPGRADE, Frame, WebSocket, frame

# WebSocket alone: sections "WebSocket", "Handshake", "Message" and "Heartbeat"


async def test_a_session_is_opened_by_websocket(echo: EchoServer) -> None:
    connection = await echo.connect()
    answer = await connection.ask("GET", f"{ENGINE_IO}&transport=websocket", UPGRADE)
    assert answer.status == 101
    assert answer.headers["sec-websocket-accept"] == "ICX+Yqv66kxgM0FcWaLWlFLwTAI="  # RFC 6455, 4.2.2
    assert "sec-websocket-extensions" not in answer.headers
    text = await WebSocket(connection).text()
    assert text.startswith('0{"sid":"')
    assert '"upgrades":[]' in text


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("transport=websocket", 5),
        ("EIO=abc&transport=websocket", 5),
        ("EIO=4", 0),
        ("EIO=4&transport=abc", 0),
        ("EIO=4&transport=polling", 3),
        ("EIO=4&transport=websocket&sid=unknown", 1),
    ],
)
async def test_a_bad_upgrade_is_answered_as_a_bad_poll(echo: EchoServer, query: str, code: int) -> None:
    connection = await echo.connect()
    answer = await connection.ask("GET", f"/engine.io/?{query}", UPGRADE)
    assert answer.status == 400
    assert answer.json["code"] == code
    assert await connection.rest() == b""


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 8_192, 8_193, 65_535])
async def test_text_of_any_size_comes_back(echo: EchoServer, size: int) -> None:
    socket = await echo.websocket()
    await socket.send("4" + "x" * size)
    assert await socket.text() == "4" + "x" * size


@pytest.mark.parametrize("data", [b"", b"\1\2\3\4", bytes(range(256)) * 250])
async def test_bytes_come_back(echo: EchoServer, data: bytes) -> None:
    socket = await echo.websocket()
    await socket.send(data)
    assert await socket.receive() == Frame(BINARY, data)


async def test_a_message_may_come_byte_by_byte(echo: EchoServer) -> None:
    socket = await echo.websocket()
    for byte in frame(TEXT, "4é€😀".encode()):
        await socket.raw(bytes([byte]))
    assert await socket.text() == "4é€😀"


async def test_many_frames_may_come_at_once(echo: EchoServer) -> None:
    socket = await echo.websocket()
    await socket.raw(*(frame(TEXT, b"4%d" % number) for number in range(1_000)))
    assert [await socket.text() for _ in range(1_000)] == [f"4{number}" for number in range(1_000)]


async def test_pings_and_pongs_go_on(echo: EchoServer) -> None:
    socket = await echo.websocket()
    for _ in range(3):
        echo.clock.advance(25)
        assert await socket.text() == "2"
        await socket.send("3")
        await socket.send("4")  # its echo tells that the pong was read
        assert await socket.text() == "4"


async def test_a_client_that_does_not_answer_pings_is_gone(echo: EchoServer) -> None:
    socket = await echo.websocket()
    echo.clock.advance(45)
    assert await socket.text() == "2"
    assert (await socket.receive()).code == 1000
    assert await echo.ended() is CloseReason.LOST


async def test_the_clients_close_packet_closes_the_connection(echo: EchoServer) -> None:
    socket = await echo.websocket()
    await socket.send("1")
    assert (await socket.receive()).code == 1000
    assert await echo.ended() is CloseReason.CLOSED


async def test_a_malformed_packet_closes_the_connection(echo: EchoServer) -> None:
    socket = await echo.websocket()
    await socket.send("abc")
    assert (await socket.receive()).code == 1002
    assert await echo.ended() is CloseReason.PROTOCOL


async def test_a_connection_that_breaks_loses_the_session(echo: EchoServer) -> None:
    socket = await echo.websocket()
    socket.connection.drop()
    assert await echo.ended() is CloseReason.LOST


async def test_a_client_that_does_not_answer_our_close_is_cut_off(echo: EchoServer) -> None:
    socket = await echo.websocket()
    echo.engine.close_all()
    assert (await socket.receive()).code == 1001
    echo.clock.advance(3)
    assert await socket.connection.rest() == b""
    await echo.until(lambda: not echo.engine.lingering)


# From long-polling: section "Upgrade"


async def test_a_session_goes_from_polling_to_websocket(echo: EchoServer) -> None:
    sid = await echo.handshake()
    poll = await echo.polling(sid)
    socket = await echo.websocket(sid)
    await socket.send("2probe")
    assert await socket.text() == "3probe"
    assert (await poll.answer()).body == b"6"  # so that the client can let go of polling
    assert (await echo.poll(sid)).body == b"6"
    await socket.send("5")
    await socket.send("4hello")
    assert await socket.text() == "4hello"


async def test_after_an_upgrade_polling_is_refused_and_harms_nothing(echo: EchoServer) -> None:
    sid, socket = await echo.upgraded()
    assert (await echo.poll(sid)).status == 400
    assert (await echo.post(sid, b"4no")).status == 400
    await socket.send("4yes")
    assert await socket.text() == "4yes"


async def test_a_second_websocket_harms_nothing(echo: EchoServer) -> None:
    sid, socket = await echo.upgraded()
    rival = await echo.websocket(sid)
    assert (await rival.receive()).code == 1008
    await socket.send("4mine")
    assert await socket.text() == "4mine"


async def test_an_abandoned_probe_leaves_polling_alone(echo: EchoServer) -> None:
    sid = await echo.handshake()
    socket = await echo.websocket(sid)
    await socket.send("2probe")
    assert await socket.text() == "3probe"
    assert (await echo.post(sid, b"4by post")).body == b"ok"
    socket.connection.drop()
    await echo.until(lambda: echo.engine.sessions[sid].probe is None)
    assert (await echo.poll(sid)).body == b"4by post"
    again = await echo.websocket(sid)
    await again.send("2probe")
    assert await again.text() == "3probe"


async def test_an_upgrade_that_stalls_is_given_up(echo: EchoServer) -> None:
    sid = await echo.handshake()
    silent, probing = await echo.websocket(sid), await echo.websocket(sid)
    await probing.send("2probe")
    assert await probing.text() == "3probe"
    echo.clock.advance(10)
    assert (await silent.receive()).code == (await probing.receive()).code == 1008
    await echo.post(sid, b"4still here")
    assert (await echo.poll(sid)).body == b"4still here"


async def test_an_upgrade_packet_glued_to_its_probe_reorders_nothing(echo: EchoServer) -> None:
    sid = await echo.handshake()
    poll = await echo.polling(sid)
    socket = await echo.websocket(sid)
    echo.engine.sessions[sid].send(b"4first")
    await socket.raw(frame(TEXT, b"2probe"), frame(TEXT, b"5"), frame(TEXT, b"4second"))
    heard = (await poll.answer()).body.decode().split("\x1e")
    while heard[-1] != "4second":
        heard.append(await socket.text())
    assert [packet for packet in heard if packet[0] == "4"] == ["4first", "4second"]


class Listening(Echo):
    """Keeps what it hears, and answers nothing."""

    def __init__(self, echo: EchoServer, session: Session) -> None:
        super().__init__(echo, session)
        self.heard: list[bytes] = []

    def message(self, packet: bytes) -> None:
        self.heard.append(packet)


class Upgrade:
    """One upgrade, with both sides talking at random moments. The client is as the official one: it lets its last poll
    and its last POST end first."""

    def __init__(self, echo: EchoServer, chance: random.Random) -> None:
        self.echo = echo
        self.chance = chance
        self.heard: list[str] = []
        self.told = self.said = 0

    async def run(self) -> None:
        self.sid = await self.echo.handshake()
        session = self.echo.engine.sessions[self.sid]
        assert isinstance(session.handler, Listening)
        heard_by_the_server = session.handler.heard
        await self._tell(session)
        polling, posting = asyncio.create_task(self._poll()), asyncio.create_task(self._post())
        await self._tell(session)
        socket = await self.echo.websocket(self.sid)
        await socket.send("2probe")
        await self._tell(session)
        assert await socket.text() == "3probe"
        await asyncio.gather(polling, posting)
        await self._tell(session)
        await socket.send("5")
        for _ in range(self.chance.randrange(4)):
            await socket.send(self._next())
        await self._tell(session)
        await socket.send("4end")
        await self.echo.until(lambda: heard_by_the_server[-1:] == [b"4end"])
        session.send(b"4end")
        while self.heard[-1] != "4end":
            self.heard.append(await socket.text())
        assert [packet for packet in self.heard if packet[0] == "4"] == numbered(self.told)
        assert [packet.decode() for packet in heard_by_the_server] == numbered(self.said)
        socket.connection.drop()

    async def _tell(self, session: Session) -> None:
        for _ in range(self.chance.randrange(4)):
            session.send(b"4%d" % self.told)
            self.told += 1
            for _ in range(self.chance.randrange(4)):
                await asyncio.sleep(0)

    async def _poll(self) -> None:
        self.heard.extend((await self.echo.poll(self.sid)).body.decode().split("\x1e"))

    async def _post(self) -> None:
        for _ in range(self.chance.randrange(3)):
            packets = [self._next() for _ in range(1 + self.chance.randrange(3))]
            assert (await self.echo.post(self.sid, "\x1e".join(packets).encode())).body == b"ok"

    def _next(self) -> str:
        self.said += 1
        return f"4{self.said - 1}"


def numbered(count: int) -> list[str]:
    return [*(f"4{number}" for number in range(count)), "4end"]


async def test_a_thousand_upgrades_under_traffic_lose_double_and_reorder_nothing(echo: EchoServer) -> None:
    echo.new_handler = lambda session: Listening(echo, session)
    for seed in range(1_000):
        await Upgrade(echo, random.Random(seed)).run()


async def test_a_session_that_ends_closes_its_probe(echo: EchoServer) -> None:
    sid = await echo.handshake()
    socket = await echo.websocket(sid)
    await socket.send("2probe")
    assert await socket.text() == "3probe"
    await echo.post(sid, b"1")
    assert (await socket.receive()).code == 1000


async def test_a_websocket_that_does_not_read_is_closed_when_its_queue_is_full(opening: Open) -> None:
    echo = await opening(send_queue_bytes=10_000)
    sid, socket = await echo.upgraded()
    socket.connection.writer.transport.pause_reading()  # type: ignore[attr-defined]
    session = echo.engine.sessions[sid]
    for _ in range(10_000):
        session.send(b"4" + b"x" * 1_000)
        if session.transport is None:
            break
    assert await echo.ended() is CloseReason.SLOW
