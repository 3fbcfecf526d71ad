"""A server that lies: a proxy for pages and chats in front of an honest server, which changes what it likes.

What no lie touches passes byte for byte, as the audit sees when it does not.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import ssl
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
from aiohttp import WSMsgType, web
from msgspec import Struct

from tests.client.scripted_server import listening

EVENT = re.compile(r"42(\d*)(\[.*)", re.S)
NOT_PASSED_ON = {"transfer-encoding", "connection", "content-length", "date", "server", "keep-alive"}
Args = list[Any]  # an event: its name and its arguments


class Page(Struct):
    """An HTTP answer on its way to the audit."""

    path: str
    method: str
    status: int
    headers: dict[str, str]
    body: bytes

    def replace(self, old: str, new: str) -> None:
        assert old.encode() in self.body, f"{self.path} does not say {old}"
        self.body = self.body.replace(old.encode(), new.encode())


class Side:
    """One visitor's connection through the liar."""

    def __init__(self, near: web.WebSocketResponse, far: aiohttp.ClientWebSocketResponse) -> None:
        self.near = near
        self.far = far
        self.chats: set[str] = set()  # in which it was ever
        self.is_searching = False
        self.is_kept = False  # with the server, after it has gone

    async def down(self, *args: Any) -> None:
        """To the visitor, as if it came from the server."""
        with contextlib.suppress(ConnectionError):
            await self.near.send_str("42" + json.dumps(args))

    async def answer(self, ack: str, answer: dict[str, Any]) -> None:
        await self.near.send_str(f"43{ack}{json.dumps([answer])}")


class Lie:
    """Tells the truth; a real lie overrides a method.

    `red`: the checks that must find the lie. `unchecked`: the checks that it makes impossible.
    """

    red: frozenset[str] = frozenset()
    unchecked: frozenset[str] = frozenset()
    cookie = ""  # on the handshake of a WebSocket

    def __init__(self) -> None:
        self.sides: list[Side] = []

    def page(self, page: Page) -> None:
        """May change an answer."""

    async def up(self, side: Side, frame: str, ack: str, args: Args) -> None:
        """An event of a visitor's."""
        await side.far.send_str(frame)

    async def down(self, side: Side, frame: str, args: Args) -> None:
        """An event of the server's."""
        await side.near.send_str(frame)

    async def other_up(self, side: Side, frame: str) -> None:
        """What is no event."""
        await side.far.send_str(frame)


class Liar:
    """The proxy in front of the server at `server`, with one lie."""

    def __init__(self, server: str, lie: Lie, trust: ssl.SSLContext | None) -> None:
        self.url = ""
        self._server = server
        self._lie = lie
        self._http = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=trust or True),
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    async def serve(self, request: web.Request) -> web.StreamResponse:
        is_upgrade = request.headers.get("upgrade", "").lower() == "websocket"
        return await (self._chat(request) if is_upgrade else self._page(request))

    async def close(self) -> None:
        await self._http.close()

    async def _page(self, request: web.Request) -> web.Response:
        url = f"{self._server}{request.path_qs}"
        plain = {**request.headers, "accept-encoding": "identity"}  # so that a lie can change it
        async with self._http.request(
            request.method, url, headers=plain, data=await request.read(), allow_redirects=False
        ) as answer:
            headers = {k.lower(): v for k, v in answer.headers.items() if k.lower() not in NOT_PASSED_ON}
            page = Page(request.path, request.method, answer.status, headers, await answer.read())
        try:
            self._lie.page(page)
        except ConnectionResetError:
            if request.transport is not None:
                request.transport.abort()
        return web.Response(status=page.status, headers=page.headers, body=page.body)

    async def _chat(self, request: web.Request) -> web.WebSocketResponse:
        near = web.WebSocketResponse(compress=False)
        if self._lie.cookie:
            near.headers["set-cookie"] = self._lie.cookie
        await near.prepare(request)
        headers = {"host": request.host}
        async with self._http.ws_connect(f"{self._server}{request.path_qs}", headers=headers) as far:
            side = Side(near, far)
            self._lie.sides.append(side)
            await asyncio.gather(self._pump_up(side), self._pump_down(side))
        return near

    async def _pump_up(self, side: Side) -> None:
        async for message in side.near:
            if message.type is not WSMsgType.TEXT:
                break
            if found := EVENT.fullmatch(message.data):
                args = json.loads(found[2])
                side.is_searching |= args[0] == "find"
                await self._lie.up(side, message.data, found[1], args)
            else:
                await self._lie.other_up(side, message.data)
        if not side.is_kept:
            await side.far.close()

    async def _pump_down(self, side: Side) -> None:
        async for message in side.far:
            if message.type is not WSMsgType.TEXT:
                break
            found = EVENT.fullmatch(message.data)
            with contextlib.suppress(ConnectionError):  # the visitor may be gone
                if found is None:
                    await side.near.send_str(message.data)
                    continue
                args = json.loads(found[2])
                if args[0] == "matched":
                    side.chats.add(args[1]["chat"])
                    side.is_searching = False
                await self._lie.down(side, message.data, args)
        await side.near.close()


@contextlib.asynccontextmanager
async def lying(
    server: str, lie: Lie, tls: ssl.SSLContext | None = None, trust: ssl.SSLContext | None = None
) -> AsyncIterator[str]:
    """Yields the liar's URL. `tls`: its own certificate; `trust`: for the server's."""
    liar = Liar(server, lie, trust)
    try:
        async with listening(liar.serve, tls) as port:
            yield f"{'https' if tls else 'http'}://localhost:{port}"
    finally:
        await liar.close()
