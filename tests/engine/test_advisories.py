"""Faults that servers of this protocol have had since 2020, by number. Other tests cite more of them."""

import socket
import struct

import pytest

from omefree.engine.session import CloseReason
from tests.engine.conftest import EchoServer, Open
from tests.engine.fakes import CountingGate
from tests.engine.raw import ENGINE_IO, TEXT, UPGRADE, frame, head, websocket

TARGET = f"{ENGINE_IO}&transport=websocket"


@pytest.mark.parametrize("rsv", [1, 2, 3, 7])
async def test_the_very_first_frame_may_be_bad(echo: EchoServer, rsv: int, caplog: pytest.LogCaptureFixture) -> None:
    """CVE-2022-21676: one with reserved bits, before anybody listened for errors, ended the process."""
    healthy = await echo.websocket()
    for sid in (None, await echo.handshake()):
        bad = await websocket(await echo.connect(), sid)
        await bad.raw(frame(TEXT, b"", rsv=rsv))
        if sid is None:
            await bad.text()
        assert (await bad.receive()).code == 1002
    await healthy.send("4fine")
    assert await healthy.text() == "4fine"
    assert caplog.records == []


@pytest.mark.parametrize("probes", [False, True])
async def test_a_client_may_reset_its_upgrade(opening: Open, probes: bool, caplog: pytest.LogCaptureFixture) -> None:
    """CVE-2022-41940: a reset at the wrong moment ended the process."""
    gate = CountingGate()
    echo = await opening(gate)
    for size in (0, 40, None):
        for _ in range(20):
            connection = await echo.connect()
            sid = await echo.handshake() if probes else None
            await connection.send(head("GET", f"{TARGET}&sid={sid}" if sid else TARGET, UPGRADE)[:size])
            sock = connection.writer.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.drop()
            if sid:
                await echo.post(sid, b"1")
    await (await echo.websocket()).close()
    await echo.until(lambda: gate.present == 0 and not echo.server.server_state.connections)
    assert caplog.records == []


@pytest.mark.parametrize("name", ["__proto__", "constructor", "toString", "webtransport", "", "polling,"])
async def test_a_transport_that_is_none_harms_no_session(
    echo: EchoServer, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """CVE-2023-31125: the name of a property in the place of a transport's ended the process."""
    sid = await echo.handshake()
    for target in (f"{ENGINE_IO}&transport={name}", f"{ENGINE_IO}&transport={name}&sid={sid}"):
        for headers in ({}, UPGRADE):
            answer = await (await echo.connect()).ask("GET", target, headers)
            assert (answer.status, answer.json["code"]) == (400, 0)
    await echo.post(sid, b"4fine")
    assert (await echo.poll(sid)).body == b"4fine"
    assert caplog.records == []


@pytest.mark.parametrize("kind", ["application/octet-stream", "multipart/form-data; boundary=x", "", "\xff"])
async def test_a_post_of_any_type_is_answered_and_leaves_nothing_open(echo: EchoServer, kind: str) -> None:
    """CVE-2026-59725: one of an unexpected type was neither answered nor closed."""
    sid = await echo.handshake()
    for body, status in ((b"4fine", 200), (b"junk", 400)):
        connection = await echo.connect()
        answer = await connection.ask("POST", f"{ENGINE_IO}&transport=polling&sid={sid}", {"Content-Type": kind}, body)
        assert answer.status == status
        echo.clock.advance(10)
        assert await connection.rest() == b""
    assert await echo.ended() is CloseReason.PROTOCOL
