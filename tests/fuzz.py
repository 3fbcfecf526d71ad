"""Coverage-guided fuzzing of all that reads what a stranger sent. `make fuzz`; none of it runs with the tests.

    python -m tests.fuzz [--seconds 60] [target ...]

Each target runs in a process of its own for its share of the seconds, and says how many inputs it tried. What it finds
is left in build/fuzz. To run that again: `python -m tests.fuzz --one TARGET build/fuzz/crash-...`.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import importlib
import io
import logging
import re
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import uvloop

# Its wheels are for Linux on x86-64; it is no part of the environment that the tests and mypy have.
atheris: Any = importlib.import_module("atheris")

with contextlib.redirect_stderr(io.StringIO()), atheris.instrument_imports(include=["omefree"]):
    from omefree.chat import frames
    from omefree.config import Config
    from omefree.engine.engine import Engine
    from omefree.engine.gate import Denial, Head
    from omefree.engine.options import EngineOptions
    from omefree.engine.websocket import WebSocketTransport
    from omefree.errors import EventError, ProtocolError, RequestRefused
    from omefree.http.gate import HttpGate
    from omefree.wire import engineio, socketio
    from tests.chat.fake_chat import FakeChat
    from tests.clock import FakeClock
    from tests.echo import server_of, socket_handler, start
    from tests.engine.fakes import HEAD, Bench, FakeTransport, FakeWriter
    from tests.engine.raw import UPGRADE, frame, head

SOCKET_IO = "/socket.io/?EIO=4"
CRASHES = Path("build/fuzz")
RUNS = re.compile(r"Done (\d+) runs in (\d+) second")
# What libFuzzer may put in, in its own escapes.
TOKENS = r"""
42["message","CHAT","
"]
42["signal","CHAT","
["typing","CHAT",true]
42["find",{"mode":"text"
"interests":["
"patience_s":
"seal":{"v":1,"commit":"
["leave"
["report","CHAT","spam"]
["again"
["ice"]
40{
"resume":"
451-
{"_placeholder":true,"num":0}
43
2probe
\x1e
\\ud800
NaN
\x81\x80
\x01\x80
\x80\x80
\x82\x80
\x88\x82
\x89\x80
\x8a\x80
\xfe
\xff
POST
GET
 HTTP/1.1\x0d\x0a
\x0d\x0a\x0d\x0a
Content-Length:
Transfer-Encoding: chunked
Upgrade: websocket
Connection: Upgrade
&transport=polling
&sid=
Origin:
X-Forwarded-For:
"""


def payload(data: bytes) -> None:
    """The body of a POST."""
    try:
        packets = engineio.decode_payload(data)
    except ProtocolError:
        return
    assert engineio.decode_payload(engineio.encode_payload(packets)) == packets


def packet(data: bytes) -> None:
    """A Socket.IO packet, with as many attachments as it says."""
    try:
        engineio.check_text(data)
        read = socketio.decode(data)
        args = socketio.decode_event(data[read.at :], [b"x"] * read.attachments)
        written = socketio.encode_args(socketio.EVENT, read.namespace, args, read.ack)
    except ProtocolError:
        return
    again = socketio.decode(written[0])
    assert (again.namespace, again.ack) == (read.namespace, read.ack)
    assert repr(socketio.decode_args(written[0][again.at :], written[1:])) == repr(args)


def event(data: bytes) -> None:
    """An event of the chat."""
    with contextlib.suppress(*frames.DECODE_ERRORS):
        frames.decode_relay(data)
        assert not any(byte < 0x20 and byte not in b"\t\n\r" for byte in data)
        return
    try:
        frames.decode_command(data)
    except EventError:
        frames.name_of(data)


def link(data: bytes) -> None:
    """Frames of one connection, for a new session or for one that polls."""
    given = atheris.FuzzedDataProvider(data)
    bench, writer = Bench(max_payload_bytes=100, binary=given.ConsumeBool()), FakeWriter()
    if given.ConsumeBool():
        connection = WebSocketTransport(bench.engine, writer, admission=bench.engine.enter(HEAD))
    else:
        connection = WebSocketTransport(bench.engine, writer, sid=bench.open(FakeTransport(replaceable=True))[0].sid)
    connection.opened()
    while given.remaining_bytes():
        connection.frame(given.ConsumeIntInRange(0, 2), given.ConsumeBool(), given.ConsumeBytes(40))
    connection.gone()
    bench.engine.close_all()
    assert [len(handler.ends) for handler in bench.handlers] == [1]
    assert (bench.gate.present, len(bench.engine.alarms), len(writer.ends) <= 1) == (0, 0, True)


def chat(data: bytes) -> None:
    """What one of a pair writes, a line for each packet: the other hears nothing but what it may."""
    fake_chat = FakeChat()
    attacker, victim = fake_chat.pair()
    for line in data.split(b"\n"):
        attacker.write(line.replace(b"CHAT", victim.chat.encode()))
    assert victim.is_open
    for name, chat, *rest in victim.hears():
        assert chat == victim.chat
        assert (name, *map(type, rest)) in {
            *(("message", str), ("signal", str), ("typing", bool), ("partner", str), ("ended", str)),
        }
    victim.disconnect()
    attacker.cut()
    fake_chat.pass_time(100)
    assert fake_chat.holds() == {}


def request(data: bytes) -> None:
    """What the gate and the engine read of a request's head."""
    given = atheris.FuzzedDataProvider(data)
    clock = FakeClock()
    gate = HttpGate(Config(trusted_proxies=("10.0.0.0/8",), allowed_origins=("https://a.example",)), clock.time)
    engine = Engine(EngineOptions(), clock, socket_handler, gate)
    names = [b"host", b"origin", b"x-forwarded-for", b"x-forwarded-proto", b"forwarded"]
    headers = tuple((name, given.ConsumeBytes(40)) for name in names if given.ConsumeBool())
    whole = Head("GET", "/", headers, "10.0.0.1", given.ConsumeBool())
    try:
        engine.check(whole)
        engine.parse(given.ConsumeBytes(200))
    except RequestRefused:
        pass
    gate.cors(whole)
    admission = gate.enter(whole)
    if not isinstance(admission, Denial):
        gate.exit(admission)
    assert gate.connected == 0


class Wires:
    """The chat on loopback, and one connection after the other. Whatever the chat logs is a finding."""

    def __init__(self) -> None:
        self.loop = uvloop.new_event_loop()
        self.fake_chat = FakeChat()
        self.engine = self.fake_chat.engine
        self.gate = self.fake_chat.gate
        self.server = server_of(self.engine)
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.loop.run_until_complete(start(self.server, self.listening))
        self.faults: list[str] = []
        handler = logging.Handler(logging.WARNING)
        handler.emit = lambda record: self.faults.append(record.getMessage())  # type: ignore[method-assign]
        logging.getLogger().handlers = [handler]

    def run(self, *chunks: bytes) -> bytes:
        """What comes back."""
        return self.loop.run_until_complete(self._run(*chunks))

    async def _run(self, *chunks: bytes) -> bytes:
        with socket.create_connection(self.listening.getsockname()) as client:
            client.setblocking(False)
            for chunk in chunks:
                with contextlib.suppress(OSError):
                    client.send(chunk)
                await turn(4)
            got = b"".join(drained(client))
        connections = self.server.server_state.connections
        for _ in range(50):
            self.engine.close_all()
            self.fake_chat.pass_time(20)  # every deadline is over
            await turn(1)
            if not (connections or self.fake_chat.holds()):
                break
        assert (self.fake_chat.holds(), self.gate.connected, len(connections)) == ({}, 0, 0)
        assert self.faults == [], self.faults
        return got


async def turn(times: int) -> None:
    for _ in range(times):
        await asyncio.sleep(0)


def drained(end: socket.socket) -> Iterator[bytes]:
    try:
        while data := end.recv(65_536):
            yield data
    except OSError:
        return


wires: list[Wires] = []


def the_wires() -> Wires:
    if not wires:
        wires.append(Wires())
    return wires[0]


def http(data: bytes) -> None:
    """The bytes of an HTTP connection."""
    got = the_wires().run(data)
    assert got == b"" or got.startswith(b"HTTP/1.1 "), got


def websocket(data: bytes) -> None:
    """The bytes of a WebSocket, masks and lengths included."""
    hello = head("GET", f"{SOCKET_IO}&transport=websocket", UPGRADE)
    got = the_wires().run(hello, *(data[at : at + 64] for at in range(0, len(data), 64)))
    assert got.startswith(b"HTTP/1.1 101 ")


TARGETS: dict[str, Callable[[bytes], None]] = {
    target.__name__: target for target in (payload, packet, event, link, chat, request, http, websocket)
}


FIND, CLOSE, PING = frame(1, b'42["find",{"mode":"text"}]'), frame(8, b"\3\xe8"), frame(9, b"x")
SEEDS: dict[str, list[bytes]] = {
    "payload": [b"4a\x1ebAQID\x1e2"],
    "packet": [b'451-/a,7["a",{"_placeholder":true,"num":0}]', b"43/a,1[]", b'42["a",{"b":[1.5,null]}]'],
    "event": [
        b'["message","a","b"]',
        b'["find",{"mode":"text","interests":["a"],"patience_s":1}]',
        b'["report","a","spam"]',
    ],
    "chat": [
        b'42["message","CHAT","a"]\n421["typing","CHAT",true]\n42["signal","CHAT","b"]',
        b'421["report","CHAT","spam"]\n422["again","CHAT"]\n423["find",{"mode":"text","from":"CHAT"}]\n424["ice"]\n41',
    ],
    "http": [
        head("GET", f"{SOCKET_IO}&transport=polling") * 2,
        head("POST", f"{SOCKET_IO}&transport=polling&sid=a", body=b"4") + head("GET", "/", {"Origin": "http://a"}),
        head("POST", "/", {"Transfer-Encoding": "chunked"}) + b"1\r\n4\r\n0\r\nX: y\r\n\r\n",
        head("GET", f"{SOCKET_IO}&transport=websocket", UPGRADE),
    ],
    "websocket": [
        frame(1, b"40") + FIND + CLOSE,
        frame(1, b"40", fin=False) + PING + frame(0, b"{}") + FIND,
        frame(1, b"40") + frame(1, b"4" + b"x" * 300) + frame(2, b"a"),
    ],
}


def run_one(name: str, flags: list[str]) -> None:
    """libFuzzer's main; does not come back."""
    atheris.Setup([sys.argv[0], *flags], TARGETS[name])
    atheris.Fuzz()


def run_all(names: list[str], seconds: int) -> bool:
    """Whether nothing was found."""
    CRASHES.mkdir(parents=True, exist_ok=True)
    counts = [run_some(name, max(1, seconds // len(names))) for name in names]
    sys.stdout.write(f"{sum(counts):,} executions\n")
    return min(counts) > 0


def run_some(name: str, seconds: int) -> int:
    """How many executions there were in the time; 0 if one of them failed."""
    with tempfile.TemporaryDirectory() as folder:
        tokens, corpus = Path(folder, "tokens"), Path(folder, "corpus")
        tokens.write_text("".join('"{}"\n'.format(token.replace('"', '\\"')) for token in TOKENS.split("\n")[1:-1]))
        corpus.mkdir()
        for number, seed in enumerate(SEEDS.get(name, [])):
            corpus.joinpath(str(number)).write_bytes(seed)
        limits = [f"-max_total_time={seconds}", "-max_len=2000", "-timeout=5", "-rss_limit_mb=2000"]
        flags = [f"-dict={tokens}", f"-artifact_prefix={CRASHES}/", *limits, str(corpus)]
        command = [sys.executable, "-m", "tests.fuzz", "--one", name, *flags]
        done = subprocess.run(command, stderr=subprocess.STDOUT, stdout=subprocess.PIPE, text=True, check=False)
    found = RUNS.search(done.stdout)
    if done.returncode or not found:
        said = (line for line in done.stdout.splitlines() if not line.startswith(("#", "INFO")))
        sys.stdout.write("\n".join((f"{name}: failed", *said, "")))
        return 0
    sys.stdout.write(f"{name}: {int(found[1]):,} executions in {found[2]} s\n")
    sys.stdout.flush()
    return int(found[1])


def main() -> None:
    if sys.argv[1:2] == ["--one"]:
        run_one(sys.argv[2], sys.argv[3:])
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*", default=[], help=", ".join(TARGETS))
    parser.add_argument("--seconds", type=int, default=60)
    args = parser.parse_args()
    sys.exit(0 if run_all(args.targets or list(TARGETS), args.seconds) else 1)


if __name__ == "__main__":
    main()
