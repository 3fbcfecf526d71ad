"""HTTP/1.1 responses as a client reads them that trusts nobody: each has a size, and only HTTP is one."""

from __future__ import annotations

import asyncio
from typing import TypeAlias

import h11

HEAD_BYTES_MAX = 65_536
READ_BYTES = 65_536
EARLY_MAX = 16  # interim responses (1xx) before the answer itself; a server that needs them sends one or two
START = b"HTTP/"
TOO_LONG = 431  # the status that h11 gives for a head of more than HEAD_BYTES_MAX

Head: TypeAlias = h11.Response | h11.InformationalResponse


async def read(parser: h11.Connection, incoming: asyncio.StreamReader, most: int) -> tuple[Head, bytes]:
    """Reads one response. After an upgrade there is no body. Raises h11.RemoteProtocolError, OSError."""
    head = await head_of(parser, incoming)
    body = bytearray()
    while isinstance(head, h11.Response):
        match await next_event(parser, incoming):
            case h11.Data(data=data) if len(body) + len(data) <= most:
                body += data
            case h11.Data():
                raise h11.RemoteProtocolError("endless", TOO_LONG)
            case h11.EndOfMessage():
                break
            case _:
                raise h11.RemoteProtocolError("no whole answer")
    return head, bytes(body)


async def head_of(parser: h11.Connection, incoming: asyncio.StreamReader) -> Head:
    """The head of the answer itself, or of an upgrade (101). Raises h11.RemoteProtocolError, OSError."""
    for _ in range(EARLY_MAX + 1):
        match await next_event(parser, incoming):
            case h11.Response() | h11.InformationalResponse(status_code=101) as head:
                return head
            case h11.InformationalResponse():
                pass  # the answer itself follows
            case _:
                raise h11.RemoteProtocolError("no answer")
    raise h11.RemoteProtocolError("endless", TOO_LONG)


async def next_event(parser: h11.Connection, incoming: asyncio.StreamReader) -> object:
    """The next event of h11. Raises h11.RemoteProtocolError, OSError."""
    while (event := parser.next_event()) is h11.NEED_DATA:
        parser.receive_data(await incoming.read(READ_BYTES))
        if parser.their_state is h11.SEND_RESPONSE and not is_http(parser):
            raise h11.RemoteProtocolError("not HTTP")
    return event


def is_http(parser: h11.Connection) -> bool:
    """Whether the bytes that h11 has not yet understood can be the beginning of a response."""
    waiting, _ = parser.trailing_data
    return START.startswith(waiting[: len(START)]) or waiting.startswith(START)
