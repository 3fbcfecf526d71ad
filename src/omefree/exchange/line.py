"""One connection to one server: what is published on it, what comes over it, and commands with their answers.

RESP3, so one connection does all of that (https://valkey.io/topics/protocol). hiredis reads; a turn's batches are one
write. This is the one place where OmeFree has a client of its own: redis-py takes 5 to 15 times as much of the CPU for
a batch that comes alone (docs/decisions.md).
"""

import asyncio
import ssl
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias, cast

from omefree.errors import EngineError, EngineFault, NoRespError, StartError
from omefree.exchange.address import Address, tls_context
from omefree.exchange.wire import ALL, Publication

try:
    import hiredis
except ModuleNotFoundError:
    raise StartError("exchange: it needs packages that are not installed: pip install 'omefree[cluster]'") from None

OnArrival: TypeAlias = Callable[[str, bytes], None]
OnListeners: TypeAlias = Callable[[str, int], None]
Asked: TypeAlias = asyncio.Future[Any] | str | None  # what a reply is for: a command, the channel of a batch, or nobody

BUFFER_BYTES = 4_000_000  # written and not yet taken by the server: with more, the line is full
_MORE = object()  # a reply is not there as a whole
_pack: Any = hiredis.pack_command  # its types allow one argument alone

_BY_CODE: dict[str, EngineFault] = {
    "NOPERM": "no_rights",
    "READONLY": "read_only",
    "OOM": "full",
    "LOADING": "loading",
    "MOVED": "in_cluster",
    "NOAUTH": "password",
    "WRONGPASS": "password",
}
_BY_WORDS: dict[str, EngineFault] = {
    "can't run this command": "no_rights",  # of a script, as Redis says it
    "ACL failure in script": "no_rights",  # as Valkey says it
    "HELLO must be called with the client already authenticated": "password",
    "unknown command": "old",
}


def fault_of(reply: str) -> EngineFault:
    """What is wrong, by an error that a server has answered with."""
    code, _, _ = reply.partition(" ")
    by_words = next((fault for words, fault in _BY_WORDS.items() if words in reply), None)
    return _BY_CODE.get(code) or by_words or "engine"


def _error(reply: str) -> EngineError:
    return EngineError(fault_of(reply), reply.partition(" ")[0])


class Line(asyncio.Protocol):
    """Made by `Line.open`. When it is lost, for whatever reason, `lost` is done."""

    def __init__(self, on_arrival: OnArrival, on_listeners: OnListeners, on_full: Callable[[], None]) -> None:
        self._on_arrival = on_arrival
        self._on_listeners = on_listeners
        self._on_full = on_full
        self._reader = hiredis.Reader(protocolError=NoRespError, replyError=_error, notEnoughData=_MORE)
        self._waiting: deque[Asked] = deque()
        self._transport: asyncio.Transport
        self._why: Exception = ConnectionResetError()
        self.is_full = False
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @classmethod
    async def open(
        cls,
        address: Address,
        place: tuple[str, int],
        on_arrival: OnArrival,
        on_listeners: OnListeners,
        on_full: Callable[[], None],
    ) -> "Line":
        """Connects to the server at this place, or at the address's socket. Raises OSError.

        `on_full` is called when `is_full` has changed.
        """
        loop = asyncio.get_running_loop()
        line = cls(on_arrival, on_listeners, on_full)
        if address.kind == "unix":
            await loop.create_unix_connection(lambda: line, address.path)
        else:
            await loop.create_connection(lambda: line, *place, ssl=tls_context(address))
        return line

    async def greet(self, user: str | None, password: str | None) -> dict[bytes, Any]:
        """Says who we are. Returns what the server tells of itself. Raises EngineError, OSError."""
        who = [] if user is None and password is None else ["AUTH", user or "default", password or ""]
        hello = await self.ask("HELLO", "3", *who)
        if not isinstance(hello, dict):
            raise NoRespError
        return hello

    def ask(self, *command: str | int | bytes) -> asyncio.Future[Any]:
        """Writes a command. The future gets its reply, or raises EngineError, or OSError if the line is lost."""
        asked: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        if self.lost.done():
            self._fail(asked)
        else:
            self._waiting.append(asked)
            self._transport.write(_pack(command))
        return asked

    def publish(self, publications: Iterable[Publication]) -> None:
        """Writes these at once. For those to a node it is told how many listened."""
        if self.lost.done():
            return
        out = bytearray()
        for channel, data in publications:
            self._waiting.append(None if channel == ALL else channel)
            verb = b"*3\r\n$7\r\nPUBLISH\r\n" if channel == ALL else b"*3\r\n$8\r\nSPUBLISH\r\n"
            name = channel.encode()
            out += b"%b$%d\r\n%b\r\n$%d\r\n%b\r\n" % (verb, len(name), name, len(data), data)
        self._transport.write(out)

    def cut(self) -> None:
        """Ends it at once."""
        self._transport.abort()

    # --- asyncio.Protocol ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keeps the transport."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's are of no class of asyncio
        self._transport.set_write_buffer_limits(high=BUFFER_BYTES)

    def pause_writing(self) -> None:
        """The server takes bytes more slowly than we write them."""
        self.is_full = True
        self._on_full()

    def resume_writing(self) -> None:
        """It has caught up."""
        self.is_full = False
        self._on_full()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tells all who wait. An alert after the handshake is about our certificate (RFC 8446, section 4.4.2.4)."""
        if isinstance(exc, ssl.SSLError) and "ALERT" in (exc.reason or ""):
            self._why = EngineError("own_certificate")
        waiting, self._waiting = self._waiting, deque()
        for asked in waiting:
            if isinstance(asked, asyncio.Future) and not asked.done():
                self._fail(asked)
        if not self.lost.done():
            self.lost.set_result(None)

    def _fail(self, asked: asyncio.Future[Any]) -> None:
        """Whoever no longer waits for an answer need not hear that the line is lost: that is told by `lost`."""
        asked.set_exception(self._why)
        asked.exception()

    def data_received(self, data: bytes) -> None:
        """Takes replies and pushes. A server that does not speak RESP is left."""
        self._reader.feed(data)
        try:
            while (reply := self._reader.gets()) is not _MORE:
                if isinstance(reply, hiredis.PushNotification):
                    self._take_push(reply)
                else:
                    self._take_reply(reply)
        except EngineError as error:
            self._why = error
            self.cut()

    def _take_push(self, push: list[Any]) -> None:
        match push[0]:
            case b"smessage" | b"message":
                self._on_arrival(push[1].decode(), push[2])
            case b"ssubscribe" | b"subscribe":
                self._take_reply(push)
            case b"sunsubscribe":  # our slot has moved to another server of the Cluster
                self.cut()
            case _:
                pass

    def _take_reply(self, reply: object) -> None:
        if not self._waiting:
            raise NoRespError
        asked = self._waiting.popleft()
        if isinstance(asked, asyncio.Future):
            if asked.done():
                return
            if isinstance(reply, EngineError):
                asked.set_exception(reply)
            else:
                asked.set_result(reply)
        elif isinstance(reply, EngineError):  # as when a slot of a Cluster has moved
            raise reply
        elif asked is not None and isinstance(reply, int):
            self._on_listeners(asked, reply)
