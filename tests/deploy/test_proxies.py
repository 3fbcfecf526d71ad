"""The four proxies with the files of deploy/: two meet over each transport, addresses are told and not written down."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from omefree.client import Text, Visitor
from tests.client.people import hears, sealed
from tests.deploy.proxies import DEPLOY, HTTPS, PROXIES, Place, started
from tests.test_server import GUARD_S, POLL, ServerClient, running

pytestmark = pytest.mark.asyncio(loop_scope="module")  # what TLS has to say at the end is heard

HERE, ELSEWHERE = "127.0.0.8", "127.0.0.9"  # addresses of visitors
CONTROL = f'forgiven = 0\nblocked = ["{ELSEWHERE}/32"]\nstate = "open"\n'
SERVE = ("--host", "127.0.0.1", "--stun-port", "0", "--trusted-proxies", "127.0.0.1", "--quota-scale", "100")


@pytest.fixture(scope="module")
def server(page: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """host:port of a server that has shut ELSEWHERE out."""
    control = tmp_path_factory.mktemp("control") / "control.toml"
    control.write_text(CONTROL)
    with running(page, *SERVE, "--control-file", str(control)) as process:
        yield process.url.removeprefix("http://")
        assert process.stop() == 0


@pytest_asyncio.fixture(loop_scope="module", scope="module", params=PROXIES)
async def place(
    request: pytest.FixtureRequest, server: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Place]:
    async with started(request.param, tmp_path_factory.mktemp(request.param), server) as place:
        yield place


@contextlib.asynccontextmanager
async def browser(place: Place, address: str = HERE) -> AsyncIterator[aiohttp.ClientSession]:
    """Requests from this address, each over a connection of its own."""
    trusted = place.certificate.trusted()
    connector = aiohttp.TCPConnector(ssl=trusted, local_addr=(address, 0), force_close=True)
    timeout = aiohttp.ClientTimeout(total=GUARD_S)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        yield session


async def test_two_visitors_talk_sealed_over_a_websocket(place: Place) -> None:
    trusted = place.certificate.trusted()
    async with Visitor(place.https, ssl_context=trusted) as a, Visitor(place.https, ssl_context=trusted) as b:
        await sealed(a, b)
        a.say("through the proxy, é🙂")
        assert (await hears(b, Text)).text == "through the proxy, é🙂"


@pytest.mark.parametrize("transports", [["polling"], ["polling", "websocket"]], ids="-".join)
async def test_two_official_clients_chat(place: Place, transports: list[str]) -> None:
    async with browser(place) as http, browser(place) as other:
        a, b = ServerClient(http), ServerClient(other)
        for visitor in (a, b):
            await visitor.arrive(place.https, *transports)
            assert visitor.client.transport() == transports[-1]
            assert await visitor.client.call("find", {"mode": "text"}, timeout=GUARD_S) == {"ok": True}
        [matched], _ = await a.hears("matched"), await b.hears("matched")
        assert await a.client.call("message", (matched["chat"], "hello"), timeout=GUARD_S) == {"ok": True}
        assert await b.hears("message") == [matched["chat"], "hello"]
        await a.client.disconnect()
        assert await b.hears("ended") == [matched["chat"], "left"]
        await b.client.disconnect()


async def test_a_page_of_this_origin_is_let_in_and_no_other(place: Place) -> None:
    """So the server knows the name and the scheme that the visitor sees."""
    async with browser(place) as http:
        for origin, status in ((place.https, 200), (place.http, 403), ("https://evil.example", 403)):
            async with http.get(place.https + POLL, headers={"origin": origin}) as answer:
                assert answer.status == status


FORGED = [{}, {"X-Forwarded-For": HERE}, {"Forwarded": f"for={HERE}"}, {"X-Forwarded-For": "unknown"}]


@pytest.mark.parametrize("forged", FORGED, ids=str)
async def test_the_proxy_s_word_for_an_address_is_believed_and_a_visitor_s_is_not(
    place: Place, forged: dict[str, str]
) -> None:
    assert await is_let_in(place, ELSEWHERE, forged) is False
    assert await is_let_in(place, HERE, {name: told.replace(HERE, ELSEWHERE) for name, told in forged.items()}) is True
    assert ELSEWHERE not in place.written()


async def is_let_in(place: Place, address: str, headers: dict[str, str]) -> bool:
    """Whether a visitor from this address is welcomed, and not told that its address is blocked."""
    async with browser(place, address) as http:
        told = await joined(http, place, await opened(http, place, headers), headers)
        assert ('"welcome"' in told) != ('"reason":"blocked"' in told)
        return '"welcome"' in told


async def opened(http: aiohttp.ClientSession, place: Place, headers: dict[str, str] | None = None) -> str:
    """The id of a new session, by long-polling."""
    async with http.get(place.https + POLL, headers=headers) as answer:
        assert answer.status == 200
        return str(json.loads((await answer.text())[1:])["sid"])


async def joined(http: aiohttp.ClientSession, place: Place, sid: str, headers: dict[str, str] | None = None) -> str:
    """The first packets that a session gets for its CONNECT."""
    url = f"{place.https}{POLL}&sid={sid}"
    async with http.post(url, data="40", headers=headers) as answer:
        assert answer.status == 200
    async with http.get(url, headers=headers) as answer:
        assert answer.status == 200
        return await answer.text()


async def curl(place: Place, *args: str) -> str:
    """What curl prints over HTTP/2."""
    command = ["curl", "--silent", "--show-error", "--fail", "--http2", "--cacert", str(place.certificate.cert), *args]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    async with asyncio.timeout(GUARD_S):
        told, _ = await process.communicate()
    assert process.returncode == 0
    return told.decode()


async def test_http_2_carries_the_page_and_long_polling(place: Place) -> None:
    assert (await curl(place, place.https + "/", "-w", "%{http_version}")).endswith("</title>2")
    sid = json.loads((await curl(place, place.https + POLL))[1:])["sid"]
    url = f"{place.https}{POLL}&sid={sid}"
    assert await curl(place, url, "--data-binary", "40", "-H", "content-type: text/plain") == "ok"
    assert '["welcome",' in await curl(place, url)


async def test_port_80_leads_to_https(place: Place) -> None:
    async with browser(place) as http, http.get(place.http + "/legal?lang=fr", allow_redirects=False) as answer:
        assert answer.status == 308
        assert re.sub(r":\d+", "", answer.headers["location"]) == f"https://{place.address}/legal?lang=fr"


@pytest.mark.parametrize("name", PROXIES)
async def test_no_address_is_written_where_the_server_is_down(name: str, tmp_path: Path) -> None:
    with socket.socket() as closed:  # bound and not listening
        closed.bind((HERE, 0))
        async with started(name, tmp_path, f"{HERE}:{closed.getsockname()[1]}") as place:
            async with browser(place, ELSEWHERE) as http, http.get(place.https + POLL) as answer:
                assert answer.status in (502, 503)
            reader, writer = await asyncio.open_connection(place.address, HTTPS, local_addr=(ELSEWHERE, 0))
            writer.write(b"no handshake of TLS\r\n\r\n")
            async with asyncio.timeout(GUARD_S):
                await reader.read()
            writer.close()
    assert ELSEWHERE not in place.written()


BELOW = {
    "nginx": ("location / {", "location /chat/ {"),
    "caddy": ("handle {", "handle /chat* {"),
    "haproxy": ("default_backend omefree", "use_backend omefree if { path /chat } or { path_beg /chat/ }"),
    "apache": ("ProxyPass / http://127.0.0.1:8000/", "ProxyPass /chat http://127.0.0.1:8000/chat"),
}


@pytest.mark.parametrize("name", PROXIES)
async def test_a_path_below_which_two_visitors_chat_takes_one_line(name: str, page: Path, tmp_path: Path) -> None:
    old, new = BELOW[name]
    assert f"| `{old}` | `{new}` |" in (DEPLOY.parent / "docs/proxies.md").read_text()
    with running(page, *SERVE, "--root-path", "/chat") as server:
        address = server.url.removeprefix("http://").removesuffix("/chat")
        async with started(name, tmp_path, address, changes={old: new}) as place, browser(place) as http:
            async with http.get(place.https + "/chat") as answer:
                assert (answer.status, re.sub(r":\d+", "", str(answer.url))) == (200, f"https://{place.address}/chat/")
            async with http.get(f"{place.https}/chat{POLL}", headers={"origin": place.https}) as answer:
                assert answer.status == 200
            trusted = place.certificate.trusted()
            url = place.https + "/chat/"
            async with Visitor(url, ssl_context=trusted) as a, Visitor(url, ssl_context=trusted) as b:
                await sealed(a, b)
