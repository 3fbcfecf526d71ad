"""The operator's commands against a real server: what they print, and what visitors on both transports see of it."""

import asyncio
import contextlib
import io
import json
import os
import socket
import stat
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import socketio  # type: ignore[import-untyped]
from socketio.exceptions import ConnectionError as NotConnected  # type: ignore[import-untyped]

from omefree import cli
from omefree.guard.control import Orders, text
from tests.test_server import GUARD_S, Process, ServerClient, pair, running
from tests.until import until

CLOSED = {"reason": "frozen", "open": [], "whose": "server"}
TEXT_ALONE = {"reason": "frozen", "open": ["text"], "whose": "server"}
BLOCKED = {"reason": "blocked", "open": [], "whose": "address"}


class Operator:
    """An operator at the terminal."""

    def __init__(self, control_file: Path) -> None:
        self.file = control_file

    def run(self, *args: str) -> tuple[int, str, str]:
        """Exit code, stdout and stderr of a command."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = cli.run([*args, "--control-file", str(self.file)])
        return code, out.getvalue(), err.getvalue()

    def orders(self, *args: str) -> str:
        """What a command that works says."""
        code, out, err = self.run(*args)
        assert (code, err) == (0, "")
        return out

    def fails(self, *args: str) -> str:
        """The one line of a command that does not work."""
        code, out, err = self.run(*args)
        assert (code, out, err.count("\n")) == (2, "", 1)
        return err


@pytest.fixture
def operator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Operator:
    for name in [name for name in os.environ if name.startswith("OMEFREE_")]:
        monkeypatch.delenv(name)
    return Operator(tmp_path / "control.toml")


def flags(operator: Operator) -> list[str]:
    return ["--host", "127.0.0.1", "--stun-port", "0", "--control-file", str(operator.file)]


@pytest.fixture
async def server(page: Path, operator: Operator) -> AsyncIterator[Process]:
    """One that believes who we say we are."""
    with running(page, *flags(operator), "--trusted-proxies", "127.0.0.0/8") as process:
        yield process


async def come(server: Process, transport: str, address: str = "198.51.100.1") -> ServerClient:
    """A visitor from this address."""
    visitor = ServerClient()
    headers = {"X-Forwarded-For": address}
    await visitor.client.connect(server.url, headers=headers, transports=[transport], wait_timeout=GUARD_S)
    [visitor.welcome] = await visitor.hears("welcome")
    return visitor


async def find(visitor: ServerClient, mode: str = "text") -> dict[str, Any]:
    answer: dict[str, Any] = await visitor.client.call("find", {"mode": mode}, timeout=GUARD_S)
    return answer


async def leave(*visitors: ServerClient) -> None:
    for visitor in visitors:
        await visitor.client.disconnect()


async def test_freeze_text_only_and_open_reach_both_transports(server: Process, operator: Operator) -> None:
    a, b = await come(server, "websocket"), await come(server, "polling")
    for visitor in (a, b):
        assert await find(visitor) == {"ok": True}
    chats = [(await visitor.hears("matched"))[0]["chat"] for visitor in (a, b)]
    assert operator.orders("freeze", "--dry-run").startswith("A freeze would end <5 chats, and stop <5 sessions")
    assert not operator.file.exists()
    assert "obeys within 2 seconds" in operator.orders("freeze")
    for visitor in (a, b):
        assert await visitor.hears("ended") == [chats[0], "moderated"]
        assert await visitor.hears("paused") == [CLOSED]
        assert (await find(visitor))["reason"] == "frozen"
    late = await come(server, "polling")
    assert late.welcome["paused"] == CLOSED
    assert operator.orders("freeze").startswith("Nothing to do")
    operator.orders("text-only")
    for visitor in (a, b, late):
        assert await visitor.hears("paused") == [TEXT_ALONE]
    assert (await find(a, "video"))["open"] == ["text"]
    for visitor in (a, late):  # `a` and `b` have just met
        assert await find(visitor) == {"ok": True}
    assert (await a.hears("matched"))[0]["step_max"] == 0
    operator.orders("open")
    for visitor in (a, b, late):
        assert await visitor.hears("paused") == [None]
    await leave(a, b, late)


async def test_a_block_ends_who_is_there_and_refuses_who_comes(server: Process, operator: Operator) -> None:
    blocked, polling = await come(server, "websocket", "203.0.113.9"), await come(server, "polling", "203.0.113.77")
    partner = await come(server, "websocket", "198.51.100.1")
    for visitor in (blocked, partner):
        assert await find(visitor) == {"ok": True}
    [matched] = await partner.hears("matched")
    assert operator.orders("block", "203.0.113.0/24", "--dry-run").startswith("A block of 203.0.113.0/24 would end <5")
    assert "<5" in operator.orders("block", "192.0.2.1", "--dry-run"), "nor whether anybody is there at all"
    assert operator.orders("block", "203.0.113.1/24").startswith("203.0.113.0/24 is blocked")
    assert await partner.hears("ended") == [matched["chat"], "moderated"]
    assert await blocked.hears("paused") == await polling.hears("paused") == [BLOCKED]
    await until(lambda: not (blocked.client.connected or polling.client.connected), "both are out")
    for transport in ("websocket", "polling"):
        for address in ("203.0.113.9", "::ffff:203.0.113.200", "198.51.100.1, ::ffff:cb00:7109"):
            assert await refusal(server, transport, address) == {"code": "paused", **BLOCKED}
    free = await come(server, "polling", "203.0.114.9")
    assert "no longer blocked" in operator.orders("block", "203.0.113.0/24", "--remove")
    server_says = await asyncio.to_thread(server.wait_for, r"control_obeyed state=(open)")
    assert server_says == "open"
    await asyncio.to_thread(server.wait_for, r"control_obeyed state=(open)")
    await leave(await come(server, "websocket", "203.0.113.9"), partner, free)


async def refusal(server: Process, transport: str, address: str) -> Any:
    """The data of the CONNECT_ERROR."""
    client, heard = socketio.AsyncClient(reconnection=False), asyncio.Queue[Any]()
    client.on("connect_error", heard.put)
    with contextlib.suppress(NotConnected):
        await client.connect(server.url, headers={"X-Forwarded-For": address}, transports=[transport])
    async with asyncio.timeout(GUARD_S):
        return (await heard.get())["data"]


async def test_a_file_that_cannot_be_obeyed_changes_nothing_and_is_said_once(
    server: Process, operator: Operator
) -> None:
    assert [line for line in server.lines if "level=info event=control_kept reason=missing" in line] != []
    operator.orders("text-only")
    operator.orders("block", "203.0.113.0/24")
    assert await asyncio.to_thread(server.wait_for, r"control_obeyed state=(\S+)") == "text-only"
    whole = operator.file.read_text()
    operator.file.write_text(whole[:-9])
    assert await asyncio.to_thread(server.wait_for, r"control_kept reason=(\S+)") == "incomplete"
    operator.file.unlink()
    assert await asyncio.to_thread(server.wait_for, r"level=warning event=control_kept reason=(\S+)") == "missing"
    os.mkfifo(operator.file)
    assert await asyncio.to_thread(server.wait_for, r"control_kept reason=(\S+)") == "not_a_file"
    visitor = await come(server, "websocket")
    assert visitor.welcome["paused"] == TEXT_ALONE
    assert await refusal(server, "websocket", "203.0.113.1") == {"code": "paused", **BLOCKED}
    operator.file.unlink()
    operator.file.write_text(text(Orders()))
    assert await visitor.hears("paused") == [None]
    await leave(visitor)
    assert await asyncio.to_thread(server.stop) == 0
    assert "203.0.113" not in "".join(server.lines)
    assert len([line for line in server.lines if "control_" in line]) == 6, "one line for each change"


async def test_safety_prints_the_counters_of_the_day(server: Process, operator: Operator) -> None:
    assert "\nChats: 0\nReports: none\nPauses: none\n" in operator.orders("safety")
    for number in range(5):
        a, b, _ = await pair(server.url, "websocket")
        await leave(a, b)
        told = json.loads(operator.orders("safety", "--json"))
        assert told["counters"]["chats"] == ("<5" if number < 4 else 5)
        assert len(told["day"]) == 10
    assert "\nChats: 5\n" in operator.orders("safety")


def test_the_desk_is_its_owners_alone_and_goes_with_the_server(page: Path, operator: Operator) -> None:
    desk = operator.file.with_name("control.toml.sock")
    with running(page, *flags(operator)) as server:
        assert stat.S_IMODE(desk.lstat().st_mode) == 0o600
        with running(page, *flags(operator)) as second:
            assert [line for line in second.lines if "desk_off reason=in_use" in line], "the first one's is not taken"
            operator.orders("safety")
            second.stop()
        operator.orders("safety")
        server.process.kill()
        server.wait()
    assert desk.exists(), "left by the killed one"
    assert "no server answers" in operator.fails("safety")
    assert "No server answers" in operator.orders("freeze")
    with running(page, *flags(operator)) as server:
        operator.orders("safety")
        assert server.stop() == 0
    assert not desk.exists()


QUESTIONS = [
    b"\n", b"nonsense\n", b"x" * 100_000, b'{"ask":"visitors"}\n', b'{"ask":"under","prefix":"chat.example"}\n',
    b'{"ask":"under","prefix":7}\n', b"[" * 900 + b"\n", b"\xff\n", b"",
]  # fmt: skip


def test_the_desk_answers_no_nonsense_and_goes_on(page: Path, operator: Operator) -> None:
    with running(page, *flags(operator)) as server:
        for question in QUESTIONS:
            with socket.socket(socket.AF_UNIX) as caller:
                caller.settimeout(GUARD_S)
                caller.connect(f"{operator.file}.sock")
                with contextlib.suppress(OSError):
                    caller.sendall(question)
                    caller.shutdown(socket.SHUT_WR)
                    assert caller.recv(100) == b""
        operator.orders("safety")
        assert server.stop() == 0
        assert [line for line in server.lines if "level=error" in line] == []


# --- what the commands say without a server ---


def test_each_order_twice_is_as_once(operator: Operator) -> None:
    for command, prefix in (("freeze", []), ("text-only", []), ("open", []), ("block", ["2001:db8::7"])):
        operator.orders(command, *prefix)
        before = operator.file.read_text()
        assert operator.orders(command, *prefix).startswith("Nothing to do")
        assert operator.file.read_text() == before
    assert operator.file.read_text() == text(Orders(blocked=("2001:db8::/64",)))
    operator.orders("block", "--remove", "2001:db8::/64")
    assert operator.orders("block", "--remove", "2001:db8::/64").startswith("Nothing to do")
    assert operator.file.read_text() == text(Orders())


def test_forgiving_counts_up_and_leaves_the_rest(operator: Operator) -> None:
    operator.orders("freeze")
    for _ in range(2):
        operator.orders("forgive")
    assert operator.file.read_text() == text(Orders("frozen", (), 2))


def test_an_address_under_a_wider_block_is_said_to_be_so_still(operator: Operator) -> None:
    operator.orders("block", "203.0.113.0/24")
    assert "still lies under 203.0.113.0/24" in operator.orders("block", "203.0.113.9", "--remove")


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["block", "chat.example"], "no prefix"),
        (["block", "0.0.0.0/0"], "omefree freeze"),
        (["block", "203.0.113.0/24", "--remove", "--dry-run"], "not both"),
        (["block", "203.0.113.0/24", "--dry-run"], "no server answers"),
        (["freeze", "--dry-run"], "no server answers"),
        (["safety"], "no server answers"),
        (["block"], "'prefix'"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_status_2(operator: Operator, args: list[str], said: str) -> None:
    assert said in operator.fails(*args)
    assert not operator.file.exists()


def test_the_control_file_is_found_as_the_server_finds_it(
    operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["freeze"]) == 2
    assert "control_file in the settings" in capsys.readouterr().err
    settings = tmp_path / "settings.toml"
    settings.write_text(f'control_file = "{operator.file}"\n')
    assert cli.run(["freeze", "--config", str(settings)]) == 0
    assert operator.file.read_text() == text(Orders("frozen"))
    monkeypatch.setenv("OMEFREE_CONTROL_FILE", str(operator.file))
    assert cli.run(["open"]) == 0
    assert operator.file.read_text() == text(Orders())
