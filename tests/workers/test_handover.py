"""A connection that reaches the wrong worker: two servers in one process, with real mailboxes between them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest

from omefree.engine.engine import Engine
from omefree.engine.gate import Denial, Head, OpenGate
from omefree.engine.handover import Origin
from omefree.engine.options import EngineOptions
from omefree.engine.port import PortServer, make_server
from omefree.workers.mailbox import Mailbox
from tests.certificates import Certificate, make_certificate
from tests.echo import EngineEcho
from tests.engine.raw import ENGINE_IO, GUARD_S, TEXT, UPGRADE, RawConnection, WebSocket, frame, head, websocket
from tests.until import until

POLLING = f"{ENGINE_IO}&transport=polling"


class Watching(OpenGate):
    """Allows everything, and notes from whom it came."""

    def __init__(self) -> None:
        self.peers: list[tuple[str | None, bool]] = []

    def check(self, head: Head) -> Denial | None:
        self.peers.append((head.peer, head.tls))
        return None


class Counting(Mailbox):
    """Counts what was handed over, and takes nothing more if it is full."""

    def __init__(self, own: socket.socket) -> None:
        super().__init__(own)
        self.handed = 0
        self.is_full = False

    def hand(self, tag: str, descriptor: int, origin: Origin) -> bool:
        self.handed += 1
        return not self.is_full and super().hand(tag, descriptor, origin)


class EchoWorker:
    """One of two workers."""

    def __init__(self, tag: str, certificate: Certificate | None) -> None:
        self.gate = Watching()
        options = EngineOptions(path="/engine.io/", max_payload_bytes=65_536, node=tag)
        self.engine = Engine(options, asyncio.get_running_loop(), EngineEcho, self.gate)
        own, self.letters = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.mailbox = Counting(own)
        context = certificate.for_server() if certificate else None
        self.server: PortServer = make_server(self.engine, tls=context, siblings=self.mailbox)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._adopting: set[asyncio.Task[None]] = set()

    def adopt(self, sock: socket.socket, origin: Origin) -> None:
        self._adopting.add(asyncio.get_running_loop().create_task(self.server.adopt(sock, origin)))

    async def start(self) -> None:
        self.mailbox.open(self.adopt, {"length": lambda question: b"%d" % len(question)})
        self._serving = asyncio.get_running_loop().create_task(self.server.serve(sockets=[self._socket]))
        await until(lambda: self.server.started, "it serves")

    async def close(self) -> None:
        self.mailbox.close()
        self.letters.close()
        self.server.should_exit = True
        async with asyncio.timeout(GUARD_S):
            await self._serving


class Pair:
    """The two, and what visitors do with them."""

    def __init__(self, certificate: Certificate | None) -> None:
        self.one, self.two = EchoWorker("one", certificate), EchoWorker("two", certificate)
        self._tls = certificate.trusted() if certificate else None
        for worker, sibling, tag in ((self.one, self.two, "two"), (self.two, self.one, "one")):
            worker.mailbox.join(tag, socket.socket(fileno=os.dup(sibling.letters.fileno())))
        self._connections: list[RawConnection] = []

    async def connect(self, worker: EchoWorker) -> RawConnection:
        self._connections.append(await RawConnection.open(worker.port, self._tls))
        return self._connections[-1]

    async def session(self, worker: EchoWorker) -> str:
        """The sid of a new long-polling session."""
        connection = await self.connect(worker)
        return (await connection.ask("GET", POLLING)).sid

    async def close(self) -> None:
        for connection in self._connections:
            connection.drop()
        for worker in (self.one, self.two):
            await worker.close()


@contextlib.asynccontextmanager
async def serving(certificate: Certificate | None) -> AsyncIterator[Pair]:
    made = Pair(certificate)
    for worker in (made.one, made.two):
        await worker.start()
    try:
        yield made
    finally:
        await made.close()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture(params=["plain", "TLS"])
async def pair(request: Any, certificate: Certificate) -> AsyncIterator[Pair]:
    async with serving(certificate if request.param == "TLS" else None) as made:
        yield made


def poll(sid: str) -> str:
    return f"{POLLING}&sid={sid}"


async def test_a_session_by_polling_over_a_connection_to_the_wrong_worker(pair: Pair) -> None:
    sid = await pair.session(pair.two)
    connection = await pair.connect(pair.one)
    for word in ("4one", "4two", "4three"):
        assert (await connection.ask("POST", poll(sid), body=word.encode())).body == b"ok"
        assert (await connection.ask("GET", poll(sid))).body == word.encode()
    assert pair.one.mailbox.handed == 1, "then it is as any other there"


async def test_a_websocket_upgrade_at_the_wrong_worker(pair: Pair) -> None:
    sid = await pair.session(pair.two)
    link = await websocket(await pair.connect(pair.one), sid)
    await link.send("2probe")
    assert await link.text() == "3probe"
    await link.send("5")
    for size in (1, 100, 60_000):
        await link.send("4" + "x" * size)
        assert await link.text() == "4" + "x" * size
    assert (await link.close()).code == 1000


async def test_the_address_stays_that_of_the_client(pair: Pair) -> None:
    sid = await pair.session(pair.two)
    is_tls = pair.two.gate.peers == [("127.0.0.1", True)]
    connection = await pair.connect(pair.one)
    await connection.ask("POST", poll(sid), body=b"4x")
    assert pair.two.gate.peers == [("127.0.0.1", is_tls)] * 2


@pytest.mark.parametrize("size", [1, 30, 10_000])
async def test_a_head_and_a_body_that_come_in_pieces(pair: Pair, size: int) -> None:
    sid = await pair.session(pair.two)
    connection = await pair.connect(pair.one)
    connection.writer.transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    request = head("POST", poll(sid), body=b"4" + b"x" * 300)
    for at in range(0, len(request), size):
        await connection.send(request[at : at + size])
        await asyncio.sleep(0)
    assert (await connection.answer("POST")).body == b"ok"
    assert (await connection.ask("GET", poll(sid))).body == b"4" + b"x" * 300


@pytest.mark.parametrize("size", [1, 3, 10_000])
async def test_empty_lines_before_a_request(pair: Pair, size: int) -> None:
    """A server ignores them (RFC 9112, section 2.2)."""
    sid = await pair.session(pair.two)
    connection = await pair.connect(pair.one)
    request = b"\r\n" * 7 + head("POST", poll(sid), body=b"4x")
    for at in range(0, len(request), size):
        await connection.send(request[at : at + size])
        await asyncio.sleep(0)
    assert (await connection.answer("POST")).body == b"ok"


async def test_a_broken_request_is_refused_as_ever(pair: Pair) -> None:
    for request in (
        b"nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\nab",
    ):
        connection = await pair.connect(pair.one)
        await connection.send(request)
        assert (await connection.answer()).status == 400
        assert await connection.rest() == b""


async def test_requests_for_both_in_one_write_are_answered_in_their_order(pair: Pair) -> None:
    mine, other = await pair.session(pair.one), await pair.session(pair.two)
    connection = await pair.connect(pair.one)
    requests = [
        head("GET", "/nothing"),
        head("POST", poll(mine), body=b"4mine"),
        head("POST", poll(other), body=b"4other"),
        head("GET", poll(other)),
        head("GET", "/nothing"),
        head("GET", poll(mine)),
    ]
    await connection.send(b"".join(requests))
    answers = [await connection.answer() for _ in requests]
    assert [answer.body for answer in answers] == [b"", b"ok", b"ok", b"4other", b"", b"4mine"]
    assert [answer.status for answer in answers] == [404, 200, 200, 200, 404, 200]


async def test_behind_a_poll_that_waits_comes_one_for_the_sibling(pair: Pair) -> None:
    mine, other = await pair.session(pair.one), await pair.session(pair.two)
    connection, second = await pair.connect(pair.one), await pair.connect(pair.one)
    await connection.send(head("GET", poll(mine)) + head("POST", poll(other), body=b"4late"))
    await second.ask("POST", poll(mine), body=b"4now")
    assert (await connection.answer()).body == b"4now"
    assert (await connection.answer("POST")).body == b"ok"


async def test_behind_a_body_of_unknown_length_too(pair: Pair) -> None:
    mine, other = await pair.session(pair.one), await pair.session(pair.two)
    connection = await pair.connect(pair.one)
    chunked = head("POST", "/nothing", {"Transfer-Encoding": "chunked"}) + b"7\r\n0\r\n\r\nab\r\n0\r\n\r\n"
    await connection.send(chunked + head("POST", poll(other), body=b"4late") + head("POST", poll(mine), body=b"4x"))
    assert [(await connection.answer()).status for _ in range(3)] == [404, 200, 200]


async def test_behind_trailers_in_the_same_read_it_stays(pair: Pair) -> None:
    mine, other = await pair.session(pair.one), await pair.session(pair.two)
    connection = await pair.connect(pair.one)
    chunked = head("POST", "/nothing", {"Transfer-Encoding": "chunked"}) + b"2\r\nab\r\n0\r\nA: b\r\n\r\n"
    await connection.send(chunked + head("GET", poll(other)))
    assert [(await connection.answer()).status for _ in range(2)] == [404, 400]
    assert (await connection.ask("POST", poll(mine), body=b"4x")).body == b"ok"


async def test_thousands_of_requests_behind_a_poll_that_hangs_wait_for_it(pair: Pair) -> None:
    """One process refuses more than a few, whose heads it has parsed. Here none is parsed before its turn."""
    mine = await pair.session(pair.one)
    connection, second = await pair.connect(pair.one), await pair.connect(pair.one)
    await connection.send(head("GET", poll(mine)) + head("OPTIONS", poll(mine)) * 3_000)
    await second.ask("POST", poll(mine), body=b"4now")
    assert (await connection.answer()).body == b"4now"
    assert {(await connection.answer()).status for _ in range(3_000)} == {204}


async def test_an_upgrade_behind_a_poll_that_hangs_waits_for_it(pair: Pair) -> None:
    mine, other = await pair.session(pair.one), await pair.session(pair.two)
    connection, second = await pair.connect(pair.one), await pair.connect(pair.one)
    await connection.send(
        head("GET", poll(mine)) + head("GET", f"{ENGINE_IO}&transport=websocket&sid={other}", UPGRADE)
    )
    await second.ask("POST", poll(mine), body=b"4now")
    assert (await connection.answer()).body == b"4now"
    assert (await connection.answer()).status == 101


async def test_bytes_behind_the_head_of_an_upgrade_are_an_error_there_too(pair: Pair) -> None:
    sid = await pair.session(pair.two)
    connection = await pair.connect(pair.one)
    await connection.send(head("GET", f"{ENGINE_IO}&transport=websocket&sid={sid}", UPGRADE) + frame(TEXT, b"2probe"))
    assert (await connection.answer()).status == 400


async def test_a_session_of_a_worker_that_is_gone_is_unknown(pair: Pair) -> None:
    sid = await pair.session(pair.two)
    pair.one.mailbox.leave("two")
    connection = await pair.connect(pair.one)
    answer = await connection.ask("GET", poll(sid))
    assert (answer.status, answer.json["message"]) == (400, "Session ID unknown")
    assert (await connection.ask("GET", "/nothing")).status == 404, "the connection goes on"


async def test_whoever_comes_to_a_worker_that_retires_gets_to_a_sibling(pair: Pair) -> None:
    mine = await pair.session(pair.one)
    stays, kept, upgraded = [await pair.connect(pair.one) for _ in range(3)]
    for connection in (stays, kept, upgraded):  # as a proxy keeps them
        assert (await connection.ask("GET", "/nothing")).status == 404
    is_tls = pair.one.gate.peers[-1][1]
    pair.one.mailbox.retire()
    assert (await stays.ask("POST", poll(mine), body=b"4x")).body == b"ok", "sessions of its own stay"
    answer = await kept.ask("GET", POLLING)
    assert answer.sid.startswith("one." if is_tls else "two.")
    if is_tls:  # it could not outlive its worker
        assert await kept.rest() == b""
    else:
        assert (await kept.ask("POST", poll(answer.sid), body=b"4x")).body == b"ok"
        assert (await kept.ask("GET", "/nothing")).status == 404
        await upgraded.send(head("GET", f"{ENGINE_IO}&transport=websocket", UPGRADE))
        assert (await upgraded.answer()).status == 101
        await until(lambda: len(pair.two.engine.sessions) == 2, "both are there")


async def test_a_worker_that_retires_without_siblings_serves_on(pair: Pair) -> None:
    pair.one.mailbox.leave("two")
    pair.one.mailbox.retire()
    connection = await pair.connect(pair.one)
    for _ in range(2):
        assert (await connection.ask("GET", POLLING)).sid.startswith("one.")


async def test_a_sibling_that_has_died_takes_nothing(pair: Pair) -> None:
    sid = await pair.session(pair.two)
    connection = await pair.connect(pair.one)
    pair.two.letters.close()
    pair.two.mailbox.close()
    answer = await connection.ask("GET", poll(sid))
    assert answer.status == 400


async def test_a_sibling_that_takes_nothing_more(pair: Pair) -> None:
    sid = await pair.session(pair.two)
    pair.one.mailbox.is_full = True
    connection = await pair.connect(pair.one)
    assert (await connection.ask("GET", poll(sid))).status == 400


async def test_what_would_not_arrive_whole_is_not_handed_over(pair: Pair) -> None:
    near, far = socket.socketpair()
    with near, far:
        assert not pair.one.mailbox.hand("two", far.fileno(), Origin(b"x" * 200_000, None))
        assert pair.one.mailbox.hand("two", far.fileno(), Origin(b"GET / HTTP/1.1\r\nHost: x\r\n", None))


async def test_the_end_of_the_session_ends_the_connection_and_nothing_is_left(pair: Pair) -> None:
    sid = await pair.session(pair.two)
    connection = await pair.connect(pair.one)
    link = await websocket(connection, sid)
    await link.send("2probe")
    assert await link.text() == "3probe"
    await link.send("5")
    await link.close()
    assert await connection.rest() == b""
    await until(lambda: not pair.one.engine.lingering and not pair.two.engine.sessions, "both have let go of it")


async def test_a_client_that_hangs_up_is_lost_to_the_worker_of_its_session(pair: Pair) -> None:
    sid = await pair.session(pair.two)
    link: WebSocket = await websocket(await pair.connect(pair.one), sid)
    await link.send("2probe")
    assert await link.text() == "3probe"
    await link.send("5")
    await link.send("4x")
    assert await link.text() == "4x"
    link.connection.drop()
    await until(lambda: not pair.two.engine.sessions, "the session is over")


async def test_a_question_is_answered_by_every_sibling(pair: Pair) -> None:
    assert await pair.one.mailbox.ask("length", b"four") == [b"4"]
    assert await pair.one.mailbox.ask("what nobody knows") == []
    pair.one.mailbox.leave("two")
    assert await pair.one.mailbox.ask("length", b"four") == []
