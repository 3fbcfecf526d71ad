"""The proof of no-logs: whatever happens, nothing that a visitor sent, and nothing that names one, is written."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import re
import signal
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvloop

from omefree.chat.pairing import Pairing
from omefree.chat.presence import Presence
from omefree.chat.visitor_socket import VisitorSocket
from omefree.config import Config
from omefree.contract.codes import CODES
from omefree.engine.connection import Connection
from omefree.engine.engine import Engine
from omefree.engine.gate import Admission, Denial, Head
from omefree.http.gate import HttpGate
from tests.chat.fake_chat import Client, FakeChat
from tests.engine.raw import CLOSE, frame
from tests.privacy import crowd, malformed_inputs
from tests.privacy.planted import betrayed, forms, quiet
from tests.test_server import environment, make_certificate
from tests.until import until

CHATS = 1_000
GUARD_S = 30


def test_the_search_finds_what_is_written_in_whatever_way() -> None:
    for value in ("203.0.113.77", "planted tulips", "n1.Zm9vYmFyLXRva2Vu"):
        for form in forms(value):
            assert betrayed(b"level=error event=" + form + b" x=1", [value]), form
        for before in range(4):
            encoded = base64.b64encode(b"x" * before + value.encode() + b"y" * 7)
            assert betrayed(encoded, [value]), before
    assert betrayed("level=error event=crash error=ValueError", ["203.0.113.77", "planted tulips"]) == {}


# --- a thousand chats ---------------------------------------------------------------------------------------------


class Street(FakeChat):
    """A chat whose admissions come through the real gate, each with an address of its own."""

    def __init__(self, max_connections: int = 10, **options: Any) -> None:
        config = Config(trusted_proxies=("10.0.0.0/8",), max_connections=max_connections)
        super().__init__(config=config, **options)
        self.planted: list[str] = []
        self._number = 0

    def head(self, **headers: str) -> Head:
        self._number += 1
        n = self._number
        peer, forwarded, agent = f"10.7.{n // 250}.{n % 250}", f"203.0.{n // 250}.{n % 250}", f"Agent/{n}-planted"
        self.planted += [peer, forwarded, agent]
        sent = {"x-forwarded-for": forwarded, "user-agent": agent, "host": "localhost"} | headers
        return Head("GET", "", tuple((k.encode(), v.encode()) for k, v in sent.items()), peer, tls=False)

    def admit(self, address: str) -> Admission:
        admission = self.gate.enter(self.head())
        assert isinstance(admission, Admission), admission
        return admission

    def knock(self, raw_auth: str = "", *, address: str = "", **auth: Any) -> Client:
        client = super().knock(raw_auth, **auth)
        self.planted.append(client.session.sid)
        return client

    def one_chat(self, number: int) -> None:
        """Two meet, talk, part in one of several ways, and go."""
        interest, words = f"planted interest {number}", f"planted words {number}"
        a, b = self.arrive(), self.arrive()
        criteria = {"mode": ("text", "video")[number % 2], "interests": [interest], "languages": ["fr"]}
        self.introduce(a, b, criteria)
        for name, data in (("message", words), ("signal", words), ("typing", True)):
            a.emit(name, a.chat, data)
        a.request('["message",' + words)
        a.emit("message", words, words)
        self.planted += [interest, words, a.chat, a.token, b.token]
        self.part(number % 5, a, b)
        self.planted.append(a.token)
        for client in (a, b):
            if client.is_open:
                client.disconnect()
        self.pass_time(1)

    def part(self, way: int, a: Client, b: Client) -> None:
        match way:
            case 0:
                a.emit("report", a.chat, "hate")
            case 1:
                a.emit("leave")
                b.emit("again", b.chat)
            case 2:
                a.cut()
                back = a.come_back()
                back.fall_silent()
                self.planted.append(back.token)
            case 3:
                a.close(1011)
            case _:
                a.fall_silent()
                self.pass_time(20)


def test_a_thousand_chats_write_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    with quiet() as log:
        street = Street(max_connections=10 * CHATS, quota_scale=100)
        for number in range(CHATS):
            street.one_chat(number)
        street.pass_time(200)
        assert "visitors" not in street.holds(), "all have left; what is left of them is test_gone.py's to find"
    assert len(street.planted) > 10 * CHATS
    assert log.getvalue() == "", "and so none of what was planted"
    assert capfd.readouterr() == ("", "")


# --- every code of the wire ---------------------------------------------------------------------------------------


def answers(street: Street) -> Iterator[Any]:
    """One of each, in whatever form it comes."""
    a, b = street.arrive(), street.arrive()
    street.introduce(a, b)
    for event in malformed_inputs.EVENTS:
        yield a.emit(*event)
    b.cut()
    yield a.emit("message", a.chat, crowd.WORDS)
    yield a.emit("find", crowd.CRITERIA | {"hide": True})
    for raw in ('{"v":7}', "{" + crowd.WORDS, '{"resume":7}'):
        yield street.knock(raw).one("connect_error")["data"]
    yield street.engine.gate.check(street.head(origin=f"https://{crowd.QUERY}.example"))
    admissions = [street.gate.enter(street.head()) for _ in range(12)]
    yield from (admission for admission in admissions if isinstance(admission, Denial))
    for admission in admissions:
        if not isinstance(admission, Denial):
            street.gate.exit(admission)
    hasty = street.arrive()
    yield from (hasty.emit("ice") for _ in range(5))
    street.presence.operator.set_state("text-only")
    yield street.arrive().emit("find", crowd.CRITERIA)
    street.presence.operator.set_state("open")
    street.presence.pairing.check_find = broken  # type: ignore[method-assign]
    yield street.arrive().emit("find", crowd.CRITERIA)
    street.presence.drain()
    yield street.knock().one("connect_error")["data"]


def broken(*given: object, **more: object) -> Any:
    """A bug that says all that it knows."""
    raise RuntimeError(crowd.WORDS, crowd.FORWARDED, crowd.INTEREST, given, more)


def test_every_code_of_the_wire_is_silent() -> None:
    with quiet() as log:
        street = Street()
        told = list(answers(street))
    codes = {each.code if isinstance(each, Denial) else each.get("code") for each in told}
    assert codes - {None} == set(CODES) - {"slow"}, "which is no answer: see below"
    assert "level=error event=foreign error=RuntimeError logger=omefree.chat.visitor_socket" in log.getvalue()
    assert betrayed(log.getvalue(), [*crowd.PLANTED, *street.planted]) == {}


def test_a_reader_that_does_not_read_is_closed_silently() -> None:
    with quiet() as log:
        street = Street(quota_scale=1_000, send_queue_bytes=2_000)
        a, b = street.arrive(), street.arrive()
        street.introduce(a, b)
        b.network.reads = False
        while a.emit("message", a.chat, crowd.WORDS * 9)["ok"]:
            pass
    assert betrayed(log.getvalue(), [*crowd.PLANTED, *street.planted]) == {}


# --- the real server, whole and broken ----------------------------------------------------------------------------

BREAKS: dict[str, tuple[type, str]] = {
    "an event's work": (Pairing, "check_find"),
    "a handler's event": (VisitorSocket, "event"),
    "a new socket": (Presence, "connect"),
    "a welcome": (Presence, "welcome"),
    "a departure": (Presence, "disconnect"),
    "the gate": (HttpGate, "enter"),
    "a query": (Engine, "parse"),
    "a frame": (Connection, "buffer_updated"),
    "a connection": (Connection, "begin"),
    "the end of one": (Connection, "connection_lost"),
}


async def in_a_town(page: Path, work: Callable[[crowd.Town], Any]) -> tuple[str, list[str], Any]:
    """What was logged, what had been given out, and what the work returned."""
    async with crowd.town(page, quota_scale=malformed_inputs.QUOTA_SCALE) as here:
        done = await work(here)
    return here.log.getvalue(), here.secrets, done


def test_malformed_inputs_at_the_edges_leave_no_trace(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    log, secrets, codes = uvloop.run(in_a_town(tmp_path, malformed_inputs.make))
    assert codes >= {"bad_args", "bad_criteria", "too_big", "unknown_event", "chat_over", "origin", "rate_limited"}
    assert betrayed(log, [*crowd.PLANTED, *secrets]) == {}
    assert capfd.readouterr() == ("", "")


async def visit(here: crowd.Town) -> None:
    """What a visitor does, whatever becomes of it."""
    async with asyncio.timeout(GUARD_S):
        for transport in (by_websocket, by_polling):
            with contextlib.suppress(AssertionError, EOFError, OSError, ValueError, KeyError):
                await transport(here)
        loop = asyncio.get_running_loop()
        loop.call_soon(broken, crowd.PEER)
        loop.create_task(fail(), name=crowd.WORDS)  # noqa: RUF006 (nobody waits for it)
        await asyncio.sleep(0)


async def fail() -> None:
    broken()


async def by_websocket(here: crowd.Town) -> None:
    opened = await here.websocket()
    await opened.send("40")
    await opened.send("420" + json.dumps(["find", crowd.CRITERIA]))
    await opened.raw(frame(CLOSE, b"\x03\xe8"))
    await opened.connection.rest()


async def by_polling(here: crowd.Town) -> None:
    sid = await here.polling()
    await here.post(sid, ("42" + json.dumps(["find", crowd.CRITERIA])).encode())
    await here.post(sid, b"1")


@pytest.mark.parametrize("what", BREAKS)
def test_a_bug_tells_its_class_alone(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    monkeypatch.setattr(*BREAKS[what], broken)
    log, secrets, _ = uvloop.run(in_a_town(tmp_path, visit))
    assert log.count("level=error event=foreign") >= 3, "the bug's own, the callback's, the task's"
    assert log.count("error=RuntimeError") >= 2
    assert betrayed(log, [*crowd.PLANTED, *secrets]) == {}
    assert capfd.readouterr() == ("", "")


# --- the real program ---------------------------------------------------------------------------------------------


def command(page: Path, *args: str) -> list[str]:
    (page / "index.html").write_text("<!doctype html><title>OmeFree</title>")
    return [
        sys.executable, "-X", "dev", "-m", "omefree", "serve", "--host", "127.0.0.1", "--port", "0",
        "--static-dir", str(page), "--quota-scale", str(malformed_inputs.QUOTA_SCALE),
        "--log-level", "debug", "--trusted-proxies", "127.0.0.0/8", *args,
    ]  # fmt: skip


def serve(page: Path, work: Callable[[crowd.Town], Any], *args: str, cert: Path | None = None) -> tuple[str, list[str]]:
    """All that the program wrote, to stdout and stderr, while that work was done; and what it had given out."""
    stun_port = crowd.free_udp_port()
    out = page / "out"
    with out.open("wb") as written:
        process = subprocess.Popen(
            command(page, "--stun-port", str(stun_port), *args), env=environment(), stdout=written, stderr=written
        )
    try:
        uvloop.run(until_written(out, r"event=serving", process))
        port = int(re.findall(r"event=serving url=\S+:(\d+)", out.read_text())[0])
        tls = ssl.create_default_context(cafile=cert) if cert else None
        here = crowd.Town(port, stun_port, tls=tls)
        uvloop.run(work(here))
        process.send_signal(signal.SIGTERM)
        assert process.wait(GUARD_S) == 0
    finally:
        process.kill()
        process.wait()
    return out.read_text(), here.secrets


async def until_written(out: Path, pattern: str, process: subprocess.Popen[bytes]) -> None:
    await until(lambda: bool(re.search(pattern, out.read_text())) or process.poll() is not None, pattern)


async def a_day(here: crowd.Town) -> None:
    """A chat that goes well, and malformed inputs of every kind."""
    a, b = await here.pair()
    for name in ("message", "signal"):
        assert await a.emit(name, a.chat, crowd.WORDS) == {"ok": True}
        await b.hears(name)
    await malformed_inputs.make(here)


def test_the_program_is_silent(tmp_path: Path) -> None:
    written, secrets = serve(tmp_path, a_day)
    assert "level=info event=stopping" in written
    assert betrayed(written, [*crowd.PLANTED, *secrets]) == {}


def test_the_program_is_silent_over_tls(tmp_path: Path) -> None:
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    make_certificate(cert, key)
    written, secrets = serve(tmp_path, a_day, "--tls-cert", str(cert), "--tls-key", str(key), cert=cert)
    assert betrayed(written, [*crowd.PLANTED, *secrets]) == {}


CRASH = f"""
import sys
from omefree import launch, server
def crash(*given):
    planted = {crowd.WORDS!r}
    raise RuntimeError(planted, {crowd.FORWARDED!r}, given)
server.{{what}} = crash
launch.main()
"""


@pytest.mark.parametrize("what", ["url_of", "make_chat", "make_server"])
def test_a_crash_of_the_program_tells_its_class_alone(tmp_path: Path, what: str) -> None:
    args = command(tmp_path, "--stun-port", "0")
    args = [sys.executable, "-X", "dev", "-c", CRASH.format(what=what), *args[args.index("serve") :]]
    done = subprocess.run(args, env=environment(), capture_output=True, timeout=GUARD_S, check=False)
    assert done.returncode == 1
    assert b"event=crash error=RuntimeError" in done.stderr
    assert betrayed(done.stdout + done.stderr, crowd.PLANTED) == {}
