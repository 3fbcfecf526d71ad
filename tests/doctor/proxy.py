"""A reverse proxy that ends TLS, as an operator sets it up: rightly, or wrongly in one of the usual ways."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import sys
from collections.abc import AsyncIterator

import msgspec
from msgspec import Struct

END = b"\r\n\r\n"


class Habits(Struct, frozen=True, kw_only=True):
    """What the proxy does. `lacks`: headers that it takes out of answers. `date`: its own Date."""

    keeps_host: bool = True
    tells_scheme: bool = True
    tells_address: bool = True
    believes: bool = False  # what a visitor claims of itself goes on alone
    upgrades: bool = True
    holds: bool = False  # what comes after the head of a WebSocket
    lacks: tuple[str, ...] = ()
    date: str = ""
    name: str = "nginx"


class Proxy:
    """In front of one server on this machine."""

    def __init__(self, port: int, habits: Habits, secure: bool) -> None:
        self._port = port
        self._habits = habits
        self._scheme = "https" if secure else "http"
        self.tasks: set[asyncio.Task[None] | None] = set()

    async def serve(self, incoming: asyncio.StreamReader, outgoing: asyncio.StreamWriter) -> None:
        self.tasks.add(asyncio.current_task())
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = await incoming.readuntil(END)
            peer = outgoing.get_extra_info("peername")[0]
            ours, theirs = await asyncio.open_connection("127.0.0.1", self._port)
            theirs.write(self._request(head, peer))
            ways = {asyncio.create_task(pipe(incoming, theirs)), asyncio.create_task(self._answer(ours, outgoing))}
            _, late = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in late:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            theirs.close()
        outgoing.close()

    async def _answer(self, ours: asyncio.StreamReader, outgoing: asyncio.StreamWriter) -> None:
        head = await ours.readuntil(END)
        outgoing.write(self._response(head))
        if self._habits.holds and b"websocket" in head.lower():
            await asyncio.Event().wait()
        await pipe(ours, outgoing)

    def _request(self, head: bytes, peer: str) -> bytes:
        first, *lines = head.decode("latin-1").strip().split("\r\n")
        named = [tuple(line.split(": ", 1)) for line in lines]
        claimed = [value for name, value in named if name.lower() == "x-forwarded-for"]
        dropped = {"x-forwarded-for"} if not self._habits.believes else set()
        if not self._habits.upgrades:
            dropped |= {"upgrade", "connection"}
        if not self._habits.keeps_host:
            dropped |= {"host"}
        kept = [(name, value) for name, value in named if name.lower() not in dropped]
        if not self._habits.keeps_host:
            kept.append(("Host", f"127.0.0.1:{self._port}"))
        if self._habits.tells_scheme:
            kept.append(("X-Forwarded-Proto", self._scheme))
        if self._habits.tells_address and not (self._habits.believes and claimed):
            kept.append(("X-Forwarded-For", ", ".join([*claimed, peer])))
        return "\r\n".join([first, *(f"{name}: {value}" for name, value in kept)]).encode("latin-1") + END

    def _response(self, head: bytes) -> bytes:
        lines = head.decode("latin-1").strip().split("\r\n")
        dropped = {*self._habits.lacks, *(["date"] if self._habits.date else [])}
        kept = [line for line in lines if line.partition(":")[0].lower() not in dropped]
        kept += [f"Date: {self._habits.date}"] if self._habits.date else []
        return "\r\n".join([*kept, f"Server: {self._habits.name}"]).encode("latin-1") + END


async def pipe(incoming: asyncio.StreamReader, outgoing: asyncio.StreamWriter) -> None:
    while data := await incoming.read(65_536):
        outgoing.write(data)
        await outgoing.drain()


@contextlib.asynccontextmanager
async def proxied(
    port: int, habits: Habits, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> AsyncIterator[str]:
    """The public address of a proxy in front of the server on this port."""
    proxy = Proxy(port, habits, tls is not None)
    server = await asyncio.start_server(proxy.serve, host, 0, ssl=tls)
    try:
        name = f"[{host}]" if ":" in host else "localhost" if host == "127.0.0.1" else host
        yield f"{'https' if tls else 'http'}://{name}:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        await asyncio.gather(*filter(None, proxy.tasks))  # they end with their visitors


async def serve_until_stopped(habits: str, port: str, host: str, cert: str, key: str) -> None:
    """For a proxy that is a process of its own. The arguments are those of the command line; `habits` is JSON."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    async with proxied(int(port), msgspec.json.decode(habits, type=Habits), context, host) as url:
        sys.stderr.write(f"{url}\n")
        sys.stderr.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve_until_stopped(*sys.argv[1:]))
