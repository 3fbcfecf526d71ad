"""What a visitor hears of a server that is not there, or is none of ours: one line for people."""

import asyncio
import socket
import ssl
from pathlib import Path

import pytest
from aiohttp import web

from omefree.client import Closed, ConnectError, Online, Visitor
from tests.client.people import GUARD_S, hears
from tests.client.scripted_server import OPEN, listening, scripted_server
from tests.test_server import make_certificate, running


async def refused(url: str, reason: str, trust: ssl.SSLContext | None = None) -> ConnectError:
    """The one line with which entering fails."""
    with pytest.raises(ConnectError) as error:
        async with asyncio.timeout(GUARD_S), Visitor(url, ssl_context=trust):
            pass
    assert error.value.reason == reason
    assert len(str(error.value).splitlines()) == 1
    return error.value


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


async def test_a_server_is_there(url: str) -> None:
    async with Visitor(url) as visitor:
        assert (await hears(visitor, Online)).count >= 1
        assert visitor.limits.message_bytes == 16_384
        assert visitor.host == url.removeprefix("http://")
    with pytest.raises(Closed):
        await visitor.next_event()


async def test_nobody_listens() -> None:
    assert "is the server running?" in str(await refused(f"http://127.0.0.1:{free_port()}", "refused"))
    await refused(f"localhost:{free_port()}", "refused")  # perhaps two addresses


async def test_no_such_host() -> None:
    assert "nowhere.invalid" in str(await refused("https://nowhere.invalid", "name"))


async def test_an_address_that_is_none() -> None:
    await refused("ftp://chat.example", "address")


async def test_a_web_site_of_another_kind() -> None:
    async with listening(not_found) as port:
        await refused(f"http://127.0.0.1:{port}", "stranger")


async def not_found(request: web.Request) -> web.StreamResponse:
    return web.Response(status=404, text="<h1>Not here</h1>")


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-OpenSSH\r\n", b"\x00\xff" * 40_000])
async def test_a_server_that_speaks_no_http(answer: bytes) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(answer)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        await refused(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", "stranger")


async def test_https_where_http_is_spoken(url: str) -> None:
    assert "http://" in str(await refused(url.replace("http:", "https:"), "tls"))


async def test_a_certificate_that_nobody_trusts(page: Path, tmp_path: Path) -> None:
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    make_certificate(cert, key)
    trust = ssl.create_default_context(cafile=cert)
    with running(page, "--tls-cert", str(cert), "--tls-key", str(key), "--stun-port", "0") as server:
        assert "self" in (await refused(server.url, "certificate")).detail
        await refused(server.url.replace("localhost", "127.0.0.1"), "certificate", trust)
        async with Visitor(server.url, ssl_context=trust) as visitor:
            await hears(visitor, Online)
        assert server.stop() == 0


async def test_a_full_server(page: Path) -> None:
    with running(page, "--max-connections", "1", "--stun-port", "0") as server:
        async with Visitor(server.url):
            error = await refused(server.url, "busy")
        assert (error.code, error.retry_after_s) == ("full", 5.0)
        assert server.stop() == 0


@pytest.mark.parametrize(
    ("answer", "reason", "speaks"),
    [
        ('44{"message":"of another version","data":{"code":"version","speaks":[2,3]}}', "version", (2, 3)),
        ('44{"message":"no such namespace"}', "stranger", ()),
        ('44{"message":"draining","data":{"code":"draining"}}', "busy", ()),
        ('44{"message":"newer","data":{"code":"novel","retry_after_s":1e300}}', "busy", ()),
        ('40{"sid":"s"}', "unreachable", ()),
        ('42["online",3]', "unreachable", ()),
        ("44", "unreachable", ()),
        ("9", "unreachable", ()),
    ],
)
async def test_a_server_that_does_not_want_us(answer: str, reason: str, speaks: tuple[int, ...]) -> None:
    async with scripted_server() as server:
        entering = asyncio.create_task(refused(server.url, reason))
        connection = await server.comes()
        await connection.say(OPEN % (10_000, 8_000), answer)
        assert await connection.hear() == '40{"v":1,"resume":null}'
        if answer.startswith("40"):
            await connection.close()
        assert (await entering).speaks == speaks


async def test_a_server_that_never_says_welcome(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("omefree.client.link.WELCOME_S", 0.2)
    async with scripted_server() as server:
        entering = asyncio.create_task(refused(server.url, "stranger"))
        await (await server.comes()).say(OPEN % (10_000, 8_000))
        await entering
