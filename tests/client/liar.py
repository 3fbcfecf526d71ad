"""A relay that lies: a WebSocket proxy between visitors and an honest server, which changes what it likes."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
from aiohttp import WSMsgType, web

from tests.client.scripted_server import listening

EVENT = re.compile(r"42(\d*)(\[.*)", re.S)
Args = list[Any]  # an event: its name and its arguments


class Side:
    """One visitor's connection through the liar. `visitor` numbers them in the order in which they came."""

    def __init__(self, visitor: int, near: web.WebSocketResponse, far: aiohttp.ClientWebSocketResponse) -> None:
        self.visitor = visitor
        self.near = near
        self.far = far
        self.matched: dict[str, Any] = {}  # as the server told it

    async def down(self, args: Args) -> None:
        """To the visitor, as if it came from the server."""
        await self.near.send_str("42" + json.dumps(args))

    async def yes(self, ack: str) -> None:
        """The acknowledgement of what the visitor sent, as if the server had taken it."""
        await self.near.send_str(f'43{ack}[{{"ok":true}}]')


class Lie:
    """Passes everything on. A real lie overrides `up` or `down`, which get an event and send what they like."""

    def __init__(self) -> None:
        self.sides: list[Side] = []

    async def down(self, side: Side, args: Args) -> None:
        await side.down(args)

    async def up(self, side: Side, ack: str, args: Args) -> None:
        await side.far.send_str(f"42{ack}{json.dumps(args)}")


class Liar:
    """The proxy. It tells the truth while `lie` is a plain Lie."""

    def __init__(self, server: str, lie: Lie) -> None:
        self.lie = lie
        self.url = ""
        self._server = server + "/socket.io/?EIO=4&transport=websocket"
        self._count = 0

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        near = web.WebSocketResponse()
        await near.prepare(request)
        async with aiohttp.ClientSession() as session, session.ws_connect(self._server) as far:
            side = Side(self._count, near, far)
            self._count += 1
            self.lie.sides.append(side)
            await asyncio.gather(self._pump_up(side), self._pump_down(side))
        return near

    async def _pump_up(self, side: Side) -> None:
        async for message in side.near:
            if message.type is not WSMsgType.TEXT:
                break
            if found := EVENT.fullmatch(message.data):
                await self.lie.up(side, found[1], json.loads(found[2]))
            else:
                await side.far.send_str(message.data)
        await side.far.close(code=aiohttp.WSCloseCode.INTERNAL_ERROR)  # not a goodbye: a broken link is passed on

    async def _pump_down(self, side: Side) -> None:
        async for message in side.far:
            if message.type is not WSMsgType.TEXT:
                break
            with contextlib.suppress(ConnectionError):  # whoever found the lie may be gone
                await self._pass_down(side, message.data)
        await side.near.close()

    async def _pass_down(self, side: Side, message: str) -> None:
        found = EVENT.fullmatch(message)
        if found is None:
            await side.near.send_str(message)
            return
        args = json.loads(found[2])
        if args[0] == "matched":
            side.matched = dict(args[1])
        await self.lie.down(side, args)


@contextlib.asynccontextmanager
async def lying(server: str, lie: Lie) -> AsyncIterator[Liar]:
    liar = Liar(server, lie)
    async with listening(liar.serve) as port:
        liar.url = f"http://127.0.0.1:{port}"
        yield liar
