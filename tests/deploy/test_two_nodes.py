"""Two nodes that are one chat, the shipped Valkey between them, and each proxy before them with the files of deploy/.

Official clients, which begin with long-polling: each of their requests must reach the node that has the session.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from omefree.client import Text, Visitor
from tests.client.people import hears, sealed
from tests.clients.official import POLLING, UPGRADE, JavaScript
from tests.cluster.engines import ShippedEngine
from tests.cluster.history import History
from tests.cluster.nodes import Cluster
from tests.deploy.proxies import PROXIES, Place, started
from tests.deploy.test_proxies import CONTROL, ELSEWHERE, FORGED, HERE, browser, is_let_in, opened
from tests.test_server import GUARD_S, ServerClient

pytestmark = pytest.mark.asyncio(loop_scope="module")  # what TLS has to say at the end is heard

BEHIND_A_PROXY = ("--trusted-proxies", "127.0.0.1", "--metrics-port", "0")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def cluster(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Cluster]:
    """Nodes a and b, which have shut ELSEWHERE out."""
    folder = tmp_path_factory.mktemp("nodes")
    (folder / "control.toml").write_text(CONTROL)
    options = (*BEHIND_A_PROXY, "--control-file", str(folder / "control.toml"))
    made = Cluster(folder, History(time.monotonic), "ab", ShippedEngine("valkey", folder), *options)
    try:
        await made.start()
        yield made
    finally:
        await made.close()


@pytest_asyncio.fixture(loop_scope="module", scope="module", params=PROXIES)
async def place(
    request: pytest.FixtureRequest, cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Place]:
    servers = (f"127.0.0.1:{node.port}" for node in cluster.nodes.values())
    async with started(request.param, tmp_path_factory.mktemp(request.param), *servers) as place:
        yield place


@pytest.mark.parametrize("transports", [POLLING, UPGRADE], ids="-".join)
async def test_official_clients_of_both_nodes_chat(
    place: Place, transports: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of JavaScript and one of Python, until each has been at each node. The one or the other comes first."""
    monkeypatch.setenv("NODE_EXTRA_CA_CERTS", str(place.certificate.cert))
    seen = set()
    for turn in range(40):  # a proxy may choose by chance
        seen |= await chat(place, transports, js_first=turn % 2 == 0)
        if seen == {"js a", "js b", "py a", "py b"}:
            return
    raise AssertionError(seen)


async def chat(place: Place, transports: list[str], *, js_first: bool) -> set[str]:
    """Two meet and talk. Which client was at which node."""
    async with browser(place) as http:
        js, py = JavaScript(), ServerClient(http)
        if js_first:
            await js.connect(place.https, transports)
        await py.arrive(place.https, *transports)
        if not js_first:
            await js.connect(place.https, transports)
        name, welcome = await js.event()
        assert name == "welcome"
        assert py.client.transport() == transports[-1]
        assert await js.call("find", {"mode": "text"}) == [{"ok": True}]
        assert await py.client.call("find", {"mode": "text"}, timeout=GUARD_S) == {"ok": True}
        [matched] = await py.hears("matched")
        assert await js.call("message", matched["chat"], "hello") == [{"ok": True}]
        assert await py.hears("message") == [matched["chat"], "hello"]
        assert await py.client.call("message", (matched["chat"], "welcome"), timeout=GUARD_S) == {"ok": True}
        while (event := await js.event())[0] != "message":
            pass
        assert event == ["message", matched["chat"], "welcome"]
        await py.client.disconnect()
        await js.disconnect()
        return {f"js {node_of(welcome)}", f"py {node_of(py.welcome)}"}


def node_of(welcome: dict[str, str]) -> str:
    return welcome["resume"].partition(".")[0]


async def test_two_of_both_nodes_talk_sealed_over_websockets(place: Place) -> None:
    trusted = place.certificate.trusted()
    async with Visitor(place.https, ssl_context=trusted) as a, Visitor(place.https, ssl_context=trusted) as b:
        await sealed(a, b)
        a.say("from one node to the other, é🙂")
        assert (await hears(b, Text)).text == "from one node to the other, é🙂"


@pytest.mark.parametrize("forged", FORGED[:2], ids=str)
async def test_both_nodes_are_told_who_comes(place: Place, forged: dict[str, str]) -> None:
    for _ in range(4):
        assert await is_let_in(place, ELSEWHERE, forged) is False
        told = {name: value.replace(HERE, ELSEWHERE) for name, value in forged.items()}
        assert await is_let_in(place, HERE, told) is True
    assert ELSEWHERE not in place.written()


async def test_what_is_for_the_operator_does_not_come_through(place: Place, cluster: Cluster) -> None:
    assert all("event=metrics_serving" in " ".join(node.lines) for node in cluster.nodes.values())
    async with browser(place) as http, http.get(place.https + "/metrics") as answer:
        assert answer.status == 404
        assert "omefree_" not in await answer.text()


async def test_newcomers_are_spread_over_both_nodes(place: Place) -> None:
    async with browser(place) as http:
        assert {(await opened(http, place)).partition(".")[0] for _ in range(32)} == {"a", "b"}
