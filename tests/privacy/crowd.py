"""The real server on loopback, and visitors in every state, each with planted values about it.

Nothing here is a fake: `server.serve` runs as `omefree serve` runs it, on uvloop and real sockets.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import re
import signal
import socket
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from omefree.config import Config
from omefree.server import serve
from tests.engine.raw import TEXT, UPGRADE, RawConnection, Response, WebSocket, frame
from tests.privacy.planted import quiet
from tests.until import until

PEER = "127.77.3.9"  # the whole of 127.0.0.0/8 is this machine
FORWARDED = "203.0.113.77"
AGENT = "PlantedAgent/7.7"
HEADER = "planted-header"
QUERY = "planted-query"
INTEREST = "planted tulips"
LANGUAGE = "plantedz"
WORDS = "words planted"
COMMIT = "plantedcommitment".ljust(43, "x")
PATH = "/socket.io/?EIO=4"
HEAD = {
    "Host": "localhost",
    "X-Forwarded-For": FORWARDED,
    "User-Agent": AGENT,
    "Cookie": f"id={HEADER}",
    "Accept-Language": LANGUAGE,
    "Referer": f"http://localhost/?{QUERY}",
}
PLANTED = (PEER, FORWARDED, AGENT, HEADER, QUERY, INTEREST, LANGUAGE, WORDS, COMMIT)
SEAL = {"v": 1, "commit": COMMIT}
# No patience: however slow the machine, nobody meets anybody but by design.
CRITERIA = {"mode": "video", "interests": [INTEREST], "languages": [LANGUAGE], "seal": SEAL, "patience_s": None}
GUARD_S = 30.0  # only ends a test that hangs


class Town:
    """A running server, and the ways to connect to it."""

    def __init__(
        self, port: int, stun_port: int, *, serving: asyncio.Task[None] | None = None, tls: ssl.SSLContext | None = None
    ) -> None:
        self.port = port
        self.stun_port = stun_port
        self.serving = serving  # in this process
        self.tls = tls  # what a client needs to know
        self.log = io.StringIO()
        self.secrets: list[str] = []  # ids and tokens that the server gave out
        self._connections: list[RawConnection] = []

    async def connect(self, *, plain: bool = False) -> RawConnection:
        """A connection from the planted address."""
        tls = None if plain else self.tls
        sock = socket.socket()
        sock.setblocking(False)
        sock.bind((PEER, 0))
        async with asyncio.timeout(GUARD_S):
            await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", self.port))
            name = "localhost" if tls else None
            self._connections.append(
                RawConnection(*await asyncio.open_connection(sock=sock, ssl=tls, server_hostname=name))
            )
        return self._connections[-1]

    async def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> Response:
        """One request on a connection of its own, which stays open."""
        connection = await self.connect()
        return await connection.ask(method, path, HEAD | headers, body)

    async def websocket(self, sid: str = "") -> WebSocket:
        connection = await self.connect()
        target = f"{PATH}&transport=websocket&{QUERY}" + (f"&sid={sid}" if sid else "")
        answer = await connection.ask("GET", target, HEAD | UPGRADE)
        assert answer.status == 101, answer
        return WebSocket(connection)

    async def arrive(self, **auth: Any) -> Person:
        """A visitor on a WebSocket, welcomed."""
        socket_ = await self.websocket()
        person = Person(self, socket_, json.loads((await socket_.text())[1:])["sid"])
        await person.connect(auth)
        return person

    async def polling(self, *, connected: bool = True) -> str:
        """A visitor by long-polling: its sid."""
        sid = (await self.ask("GET", f"{PATH}&transport=polling&{QUERY}")).sid
        self.secrets.append(sid)
        if connected:
            assert (await self.post(sid, b"40")).body == b"ok"
            await self.ask("GET", f"{PATH}&transport=polling&sid={sid}")
        return sid

    async def post(self, sid: str, body: bytes) -> Response:
        return await self.ask("POST", f"{PATH}&transport=polling&sid={sid}", body)

    async def begin(self, request: str, headers: dict[str, str], rest: bytes = b"") -> None:
        """The head of a request, and perhaps a part of its body; no answer is awaited."""
        lines = [f"{request} HTTP/1.1", *(f"{name}: {value}" for name, value in (HEAD | headers).items()), "", ""]
        await (await self.connect()).send("\r\n".join(lines).encode() + rest)

    async def introduce(self, a: Person, b: Person, **criteria: Any) -> None:
        for person in (a, b):
            await person.emit("find", CRITERIA | criteria)
        for person in (a, b):
            person.chat = (await person.hears("matched"))["chat"]
        assert a.chat == b.chat
        self.secrets.append(a.chat)

    async def pair(self) -> tuple[Person, Person]:
        a, b = await self.arrive(), await self.arrive()
        await self.introduce(a, b)
        return a, b

    async def leave(self) -> None:
        """Every connection of this client's ends without a word."""
        connections, self._connections = self._connections, []
        for connection in connections:
            connection.drop()
            with contextlib.suppress(OSError):
                await connection.writer.wait_closed()


class Person:
    """A visitor on a WebSocket."""

    def __init__(self, town: Town, websocket: WebSocket, sid: str) -> None:
        self.town = town
        self.websocket = websocket
        self.sid = sid
        self.token = ""
        self.chat = ""
        self._heard: list[list[Any]] = []
        self._acks = 0
        town.secrets.append(sid)

    async def connect(self, auth: dict[str, Any]) -> None:
        await self.websocket.send("40" + (json.dumps(auth) if auth else ""))
        self.token = str((await self.hears("welcome"))["resume"])
        self.town.secrets.append(self.token)

    async def emit(self, name: str, *args: Any) -> Any:
        """An event, and its acknowledgement."""
        self._acks += 1
        await self.websocket.send(f"42{self._acks}" + json.dumps([name, *args]))
        return await self.hears(f"ack {self._acks}")

    async def hears(self, name: str) -> Any:
        """The first argument of the next event with this name; those before it stay to be heard."""
        for heard in self._heard:
            if heard[0] == name:
                self._heard.remove(heard)
                return heard[1]
        while (event := self._event(await self.websocket.text()))[0] != name:
            self._heard.append(event)
        return event[1]

    @staticmethod
    def _event(packet: str) -> list[Any]:
        kind, body = packet[:2], packet[2:]
        if kind == "43":
            number, _, answer = body.partition("[")
            return [f"ack {number}", json.loads("[" + answer)[0]]
        return json.loads(body) if kind == "42" else [kind, body]


@contextlib.asynccontextmanager
async def town(page: Path, **settings: Any) -> AsyncIterator[Town]:
    """A server that logs at its most verbose level. Ends as SIGTERM ends it."""
    (page / "index.html").write_text("<!doctype html><title>OmeFree</title>")
    stun_port = free_udp_port()
    settings.setdefault("control_file", str(page.with_name(f"{page.name}.control")))
    config = Config(
        host="127.0.0.1", port=0, static_dir=str(page), stun_port=stun_port, trusted_proxies=("127.0.0.0/8",),
        turn_url=("turn:turn.example:3478",), turn_secret="secret", metrics_port=0, **settings,
    )  # fmt: skip
    with quiet() as log:
        serving = asyncio.create_task(serve(config))
        await until(lambda: "serving url" in log.getvalue() or serving.done(), "the server serves")
        found = re.search(r":(\d+) version", log.getvalue())
        assert found, "it does not serve"
        here = Town(int(found[1]), stun_port, serving=serving)
        here.log = log
        try:
            yield here
        finally:
            await here.leave()
            if not serving.done():
                os.kill(os.getpid(), signal.SIGTERM)  # which the server listens to as long as it runs
            await serving


def free_udp_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


async def settle(here: Town) -> None:
    """Visitors in every state."""
    await here.ask("GET", "/status")
    await here.arrive()  # idle
    for patience_s in (60, None):
        searching = await here.arrive()
        await searching.emit("find", {**CRITERIA, "interests": [f"{INTEREST} {patience_s}"], "patience_s": patience_s})
    talking, listening = await here.pair()
    assert await talking.emit("message", talking.chat, WORDS) == {"ok": True}
    await listening.hears("message")
    await somebody_away(here)
    await chats_that_are_over(here)
    await over_quota(here)
    await by_polling(here)
    await half_done(here)


async def somebody_away(here: Town) -> None:
    gone, left_behind = await here.pair()
    gone.websocket.connection.drop()
    await left_behind.hears("partner")
    back, _ = await here.pair()
    await here.arrive(resume=back.token)  # while the old connection still lives
    searcher = await here.arrive()
    await searcher.emit("find", CRITERIA | {"interests": [f"{INTEREST} away"]})
    searcher.websocket.connection.drop()


async def chats_that_are_over(here: Town) -> None:
    asker, _ = await here.pair()
    assert await asker.emit("leave") == {"ok": True}
    assert await asker.emit("again", asker.chat) == {"ok": True}
    reporter, _ = await here.pair()
    assert await reporter.emit("report", reporter.chat, "hate") == {"ok": True}
    again, _ = await here.pair()
    assert await again.emit("find", CRITERIA | {"interests": [f"{INTEREST} next"]}) == {"ok": True}


async def over_quota(here: Town) -> None:
    hasty = await here.arrive()
    answers = [await hasty.emit("find", CRITERIA | {"interests": [f"{INTEREST} haste"]}) for _ in range(12)]
    assert answers[-1]["code"] == "rate_limited"
    await hasty.emit("message", "no chat", WORDS)


async def by_polling(here: Town) -> None:
    sessions = here_engine(here).sessions
    sid = await here.polling()
    await here.begin(f"POST {PATH}&transport=polling&sid={sid}", {"Content-Length": "900"}, f'42["{WORDS}'.encode())
    await until(lambda: sessions[sid].transport.posting, "a body half sent")
    hanging = await here.polling()
    connection = await here.connect()
    poll = asyncio.create_task(poll_again(connection, hanging))  # one that the counter's event answers is asked again
    await until(lambda: sessions[hanging].transport.poll is not None, "a hanging poll")
    poll.cancel()


async def poll_again(connection: RawConnection, sid: str) -> None:
    while True:
        await connection.ask("GET", f"{PATH}&transport=polling&sid={sid}&{QUERY}", HEAD)


async def half_done(here: Town) -> None:
    speaking = await here.arrive()
    await speaking.websocket.raw(frame(TEXT, f'42["message","x","{WORDS}'.encode(), fin=False))
    probing = await here.websocket(await here.polling())
    await probing.send("2probe")
    assert await probing.text() == "3probe"
    await here.websocket(await here.polling())  # nothing said yet
    await here.websocket()  # no namespace yet
    await here.begin("GET /?half", {})
    await (await here.connect()).send(f"GET /{QUERY} HTTP/1.1\r\nHost: lo".encode())
    sid = speaking.sid
    await until(lambda: here_engine(here).sessions[sid].transport._assembler is not None, "a message half sent")


def here_engine(here: Town) -> Any:
    """Of the server that runs: from the variables of its task."""
    assert here.serving is not None
    return here.serving.get_coro().cr_frame.f_locals["engine"]  # type: ignore[union-attr]
