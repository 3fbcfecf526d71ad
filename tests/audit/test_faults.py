"""What is no server of ours, or breaks: named in a line, and never taken for passed."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from omefree.audit.check import AuditReport
from omefree.audit.outside import Options, audit
from omefree.errors import ConnectError
from tests.audit.liar import Args, Lie, Page, Side, lying
from tests.certificates import Certificate
from tests.client.scripted_server import CONNECTED, OPEN, listening
from tests.words.speak import english

QUICK_S, QUICKER_S = 1.0, 0.4  # how long the audit waits for what never comes
NOWHERE = Path("/nowhere/assets.json")
OTHER_VERSION = '44{"message":"of another version","data":{"code":"version","speaks":[2,3]}}'


async def refusal(url: str, answer_s: float = 15.0) -> ConnectError:
    with pytest.raises(ConnectError) as raised:
        await audit(url, Options(browser=False, answer_s=answer_s))
    return raised.value


async def test_nobody_is_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    for scheme in ("http", "https"):
        assert (await refusal(f"{scheme}://127.0.0.1:{port}")).reason == "refused"


async def test_there_is_no_such_host() -> None:
    assert (await refusal("https://omefree.invalid")).reason == "name"
    assert (await refusal("htp://x")).reason == "address"


async def test_a_plain_web_server() -> None:
    async def page(_: web.Request) -> web.Response:
        return web.Response(text="<!doctype html><h1>Welcome to my page</h1>", content_type="text/html")

    async with listening(page) as port:
        assert (await refusal(f"http://127.0.0.1:{port}")).reason == "stranger"


async def test_no_tls_where_https_is_asked_for(url: str) -> None:
    assert (await refusal(url.replace("http:", "https:"))).reason == "tls"


@pytest.mark.parametrize(
    ("packets", "reason"),
    [
        ([OPEN % (10_000, 8_000), CONNECTED, '42["hello",{"from":"another"}]'], "stranger"),
        ([OPEN % (10_000, 8_000), OTHER_VERSION], "version"),
        (["this is no Engine.IO"], "stranger"),
    ],
    ids=["another Socket.IO server", "another version", "another WebSocket server"],
)
async def test_a_server_of_another_kind(packets: list[str], reason: str) -> None:
    async def speak(request: web.Request) -> web.StreamResponse:
        if "upgrade" not in request.headers:
            return web.Response(text="hello")
        near = web.WebSocketResponse()
        await near.prepare(request)
        for packet in packets:
            await near.send_str(packet)
        async for _ in near:
            pass
        return near

    async with listening(speak) as port:
        assert (await refusal(f"http://127.0.0.1:{port}", QUICK_S)).reason == reason


@contextlib.asynccontextmanager
async def raw(answer: bytes, *, closes: bool) -> AsyncIterator[str]:
    """A server that says the same to everybody, whatever they say."""

    async def speak(incoming: asyncio.StreamReader, outgoing: asyncio.StreamWriter) -> None:
        outgoing.write(answer)
        if not closes:
            with contextlib.suppress(ConnectionError):
                await incoming.read()
        outgoing.close()

    server = await asyncio.start_server(speak, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-OpenSSH_9.2\r\n", b"\x00\xff" * 50_000, b"HTTP/1.1 200 OK\r\n"])
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_another_protocol(answer: bytes, scheme: str) -> None:
    async with raw(answer, closes=True) as url:
        assert (await refusal(url.replace("http:", f"{scheme}:"), QUICK_S)).reason in ("stranger", "tls", "unreachable")


# --- a server of ours that breaks ---


def is_broken(report: AuditReport, *names: str) -> None:
    failures = {check.name: english(check.detail) for check in report.checks if check.result == "failed"}
    assert failures == {}
    unchecked = {check.name for check in report.checks if check.result == "not checked"}
    assert set(names) <= unchecked
    assert (report.exit_code, report.broke is None) == (2, False)


class HangsUp(Lie):
    """Every link breaks as soon as two have met."""

    async def down(self, side: Side, frame: str, args: Args) -> None:
        await super().down(side, frame, args)
        if args[0] == "matched":
            await side.near.close()


class SaysNothing(Lie):
    """Nobody is ever introduced."""

    async def down(self, side: Side, frame: str, args: Args) -> None:
        if args[0] != "matched":
            await super().down(side, frame, args)


class TalksWithoutEnd(Lie):
    """Events, until nobody listens, in front of the one that is waited for."""

    async def down(self, side: Side, frame: str, args: Args) -> None:
        if args[0] == "matched":
            for _ in range(200):
                await side.down("message", args[1]["chat"], "x" * 100_000)
        await super().down(side, frame, args)


@pytest.mark.parametrize("lie", [HangsUp, SaysNothing, TalksWithoutEnd], ids=lambda lie: lie.__name__)
async def test_chats_that_break(url: str, lie: type[Lie]) -> None:
    async with lying(url, lie()) as liar:
        report = await audit(liar, Options(browser=False, answer_s=QUICKER_S))
    checked = {check.name: check.result for check in report.checks}
    assert checked["search"] == checked["relay"] == "not checked"
    assert report.broke is not None


class Endless(Lie):
    def page(self, page: Page) -> None:
        if page.path in ("/legal", "/assets.json"):
            page.body = b" " * 9_000_000


async def test_pages_without_end(url: str) -> None:
    async with lying(url, Endless()) as liar:
        report = await audit(liar, Options(browser=False))
    is_broken(report, "contact", "assets", "build", "references", "cookies")
    [why] = [english(check.detail) for check in report.checks if check.name == "assets"]
    assert why == "the answer to /assets.json does not end"


async def test_a_server_that_goes_away_meanwhile(url: str) -> None:
    """As soon as the audit looks at its files."""

    class GoesAway(Lie):
        def page(self, page: Page) -> None:
            if self.is_gone or page.path == "/assets.json":
                self.is_gone = True
                raise ConnectionResetError

        is_gone = False

    async with lying(url, GoesAway()) as liar:
        report = await audit(liar, Options(browser=False))
    is_broken(report, "assets", "build", "scripts", "routes", "cookies", "headers")


async def test_a_certificate_that_nobody_vouches_for(tls_url: str, certificate: Certificate) -> None:
    report = await audit(tls_url, Options(build=NOWHERE, browser=False))
    assert [check.name for check in report.checks if check.result == "failed"] == ["tls"]
    assert report.exit_code == 1
