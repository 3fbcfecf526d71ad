"""A WebSocket's connection without a network: what it does to its transport."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest

from omefree.engine.connection import LAST_WORDS_S, Connection
from omefree.engine.gather import Gather
from omefree.engine.parser import Parsers
from tests.engine.fakes import ADMISSION, Bench
from tests.engine.raw import frame


class Transport:
    """Counts how often it is closed."""

    def __init__(self) -> None:
        self.closes = 0

    def set_protocol(self, protocol: object) -> None:
        pass

    def is_closing(self) -> bool:
        return self.closes > 0

    def write(self, data: bytes) -> None:
        pass

    def close(self) -> None:
        self.closes += 1


async def test_a_broken_connection_is_closed_once_whatever_else_it_sends(monkeypatch: pytest.MonkeyPatch) -> None:
    bench, transport = Bench(), Transport()
    parsers = Parsers(bench.engine.options.max_payload_bytes)
    running = asyncio.get_running_loop()
    loop = SimpleNamespace(
        call_later=bench.clock.call_later, call_soon=running.call_soon, create_future=running.create_future
    )
    monkeypatch.setattr(asyncio, "get_running_loop", lambda: loop)
    connection = Connection(bench.engine, Gather(), parsers, admission=ADMISSION, sid=None)
    connection.begin(transport, b"")
    for read in (frame(3, b""), b"more", b"and more"):
        connection.get_buffer(-1)[: len(read)] = read
        connection.buffer_updated(len(read))
    assert transport.closes == 0, "the close frame has some time"
    bench.clock.advance(LAST_WORDS_S)
    assert transport.closes == 1
