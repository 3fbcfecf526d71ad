"""Many official clients at once, of JavaScript and of Python: each begins with long-polling, upgrades, meets, talks."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import NamedTuple

import aiohttp
import msgspec

from tests.certificates import Certificate
from tests.clients.official import NODE, WEB
from tests.test_server import ServerClient

SCRIPT = Path(__file__).with_name("crowd.mjs")
GUARD_S = 120.0
TLS_AT_ONCE = 40  # each request of a poll is a TLS handshake: one Node does so many within every deadline


class Told(NamedTuple):
    """How many were told a text by a partner, how many came to use a WebSocket, and what went wrong."""

    heard: int
    upgraded: int
    errors: list[str]


async def of_javascript(url: str, count: int, made: Certificate | None = None) -> Told:
    """npm's socket.io-client, all in one Node. `made`: the certificate that they trust."""
    at_once = TLS_AT_ONCE if made else count
    trusted = {"NODE_EXTRA_CA_CERTS": str(made.cert)} if made else {}
    process = await asyncio.create_subprocess_exec(
        NODE, SCRIPT, WEB, url, str(count), str(at_once), stdout=asyncio.subprocess.PIPE, env=os.environ | trusted
    )
    out, _ = await process.communicate()
    return Told(**msgspec.json.decode(out))


async def of_python(url: str, count: int, made: Certificate | None = None) -> Told:
    """PyPI's python-socketio, all on this loop. `made`: the certificate that they trust."""
    connector = aiohttp.TCPConnector(limit=0, ssl=made.trusted() if made else True)
    async with aiohttp.ClientSession(connector=connector) as http:
        return await told_by([visit(url, http) for _ in range(count)])


async def told_by(visiting: Sequence[Coroutine[None, None, ServerClient]]) -> Told:
    """What comes of these visits."""
    visits = await asyncio.gather(*visiting, return_exceptions=True)
    done = [each for each in visits if isinstance(each, ServerClient)]
    errors = [repr(each) for each in visits if isinstance(each, BaseException)]
    upgraded = sum(each.client.transport() == "websocket" for each in done)
    await asyncio.gather(*(each.client.disconnect() for each in done))
    return Told(len(done), upgraded, errors)


async def visit(url: str, http: aiohttp.ClientSession) -> ServerClient:
    """One that was told a text."""
    visitor = ServerClient(http)
    async with asyncio.timeout(GUARD_S):
        await visitor.client.connect(url, transports=["polling", "websocket"], wait_timeout=GUARD_S)
        await visitor.hears("welcome")
        assert await visitor.client.call("find", {"mode": "text"}, timeout=GUARD_S) == {"ok": True}
        [matched] = await visitor.hears("matched")
        assert await visitor.client.call("message", (matched["chat"], "hello"), timeout=GUARD_S) == {"ok": True}
        await visitor.hears("message")
    return visitor
