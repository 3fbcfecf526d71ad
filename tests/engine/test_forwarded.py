"""Whose connections are counted together, over the writer: what a client says of its own address changes nothing."""

import time

import pytest

from omefree.config import Config
from omefree.http.gate import HttpGate
from tests.certificates import Certificate
from tests.engine.conftest import Open
from tests.engine.raw import ENGINE_IO, UPGRADE

Lines = list[tuple[str, str]]

FORGED: list[Lines] = [
    [],
    [("X-Forwarded-For", "192.0.2.1")],
    [("x-forwarded-for", "192.0.2.2, 127.0.0.1")],
    [("X-Forwarded-For", "192.0.2.3"), ("X-Forwarded-For", "192.0.2.4")],
    [("X-Real-IP", "192.0.2.5"), ("Forwarded", "for=192.0.2.6"), ("Via", "1.1 proxy")],
]
BEHIND_A_PROXY: list[Lines] = [
    [("X-Forwarded-For", "192.0.2.1")],
    [("X-Forwarded-For", "192.0.2.2, 192.0.2.1")],  # the proxy appends what it sees to what the client has sent
    [("X-Forwarded-For", "192.0.2.3"), ("X-FORWARDED-FOR", "192.0.2.1")],
    [("X-Forwarded-For", "127.0.0.1, 192.0.2.4, 192.0.2.1, 127.0.0.1")],
]
TWO_VISITORS: list[Lines] = [[("X-Forwarded-For", "192.0.2.1")], [("X-Forwarded-For", "192.0.2.1, 192.0.2.2")]]


@pytest.mark.parametrize("tls", [False, True], ids=["TCP", "TLS"])
@pytest.mark.parametrize(
    ("trusted", "sent", "visitors"),
    [((), FORGED, 1), (("127.0.0.1",), BEHIND_A_PROXY, 1), (("127.0.0.1",), TWO_VISITORS, 2)],
    ids=["no proxy", "a proxy", "two visitors"],
)
async def test_a_forged_address_changes_nothing(
    opening: Open, certificate: Certificate, tls: bool, trusted: tuple[str, ...], sent: list[Lines], visitors: int
) -> None:
    gate = HttpGate(Config(trusted_proxies=trusted), time.monotonic)
    echo = await opening(gate, certificate if tls else None)
    for lines in sent:
        poll = await (await echo.connect()).ask("GET", f"{ENGINE_IO}&transport=polling", lines)
        upgrade = await (await echo.connect()).ask(
            "GET", f"{ENGINE_IO}&transport=websocket", [*UPGRADE.items(), *lines]
        )
        assert (poll.status, upgrade.status) == (200, 101)
    assert gate.connected == 2 * len(sent)
    assert gate.remembered() == visitors
