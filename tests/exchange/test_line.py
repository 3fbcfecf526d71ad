"""What is no Valkey at all, at the other end of a line."""

import asyncio
import gc
import sys
from collections.abc import AsyncIterator, Callable
from importlib import import_module
from typing import Any

import pytest
import pytest_asyncio

from omefree.errors import StartError
from omefree.exchange.address import parse_url
from omefree.exchange.bus import BusOptions, first_beat
from omefree.exchange.line import Line
from omefree.exchange.sealing import Sealing
from omefree.exchange.valkey import check
from tests.exchange.engines import free_port

BEAT = first_beat(BusOptions("check", "boot", ()), Sealing([b"s" * 32]))
HELLO = b"%4\r\n+server\r\n+redis\r\n+version\r\n+7.0.0\r\n+mode\r\n+standalone\r\n+role\r\n+master\r\n"


@pytest_asyncio.fixture
async def serve() -> AsyncIterator[Callable[..., object]]:
    """Starts a server that says each of these once it was asked something: its URL."""
    servers: list[asyncio.Server] = []

    async def start(*answers: bytes) -> str:
        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            for answer in answers:
                await reader.read(10_000)
                writer.write(answer)
            writer.close()

        port = free_port()
        servers.append(await asyncio.start_server(talk, "127.0.0.1", port))
        return f"valkey://127.0.0.1:{port}"

    yield start
    for server in servers:
        server.close()


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        ([], "nothing answers"),
        ([b""], "nothing answers"),
        ([b"HTTP/1.1 400 Bad Request\r\n\r\n"], "answers with an error"),
        ([b"-ERR unknown command `HELLO`\r\n"], "too old"),
        ([b"-LOADING Valkey is loading the dataset in memory\r\n"], "still reading"),
        ([b"-ERR max number of clients reached\r\n"], "answers with an error (ERR)"),
        ([b"+OK\r\n"], "answers with an error"),
        ([HELLO, b"-MISCONF Errors writing to the AOF file\r\n"], "answers with an error (MISCONF)"),
        ([HELLO, b":0\r\n", b":0\r\n", b"+one\r\n+two\r\n+too many\r\n"], "answers with an error"),
    ],
)
async def test_one_sentence_says_what_is_wrong(
    answers: list[bytes], sentence: str, serve: Callable[..., "asyncio.Future[str]"]
) -> None:
    url = await serve(*answers)
    with pytest.raises(StartError) as error:
        await check(parse_url(url), BEAT)
    assert sentence in str(error.value)
    assert "\n" not in str(error.value)


def test_without_its_packages_it_is_said_how_to_install_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "hiredis", None)
    monkeypatch.delitem(sys.modules, "omefree.exchange.line")
    with pytest.raises(StartError, match="omefree\\[cluster]"):
        import_module("omefree.exchange.line")


async def test_a_line_is_lost_and_what_nobody_waits_for_is_not_complained_of(serve: Callable[..., Any]) -> None:
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    address = parse_url(await serve())
    line = await Line.open(address, address.hosts[0], lambda *_: None, lambda *_: None, lambda: None)
    waited = line.ask("PING")
    line.ask("PING")
    await line.lost
    late = line.ask("PING")
    for answer in (waited, late):
        with pytest.raises(ConnectionResetError):
            await answer
    line.ask("PING")
    gc.collect()
    assert complaints == []
