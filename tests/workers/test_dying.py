"""What follows when a worker, the supervisor or the private engine is killed: real processes."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import ssl
import tempfile
from pathlib import Path

import pytest

from omefree.workers.folder import PREFIX, SOCKET, Folder
from tests.certificates import make_certificate
from tests.engine.raw import RawConnection, head
from tests.test_server import GUARD_S, POLL, Process, ServerClient, pair
from tests.until import until
from tests.workers.test_workers import (
    UPGRADE,
    children,
    engine_pid,
    leave,
    pairs,
    port_of,
    runs,
    talk,
    worker_pids,
    workers,
)

HANDED = 6


def descriptors(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def tag_of(sid: str) -> str:
    return sid.partition(".")[0]


async def arrivals(port: int, context: ssl.SSLContext | None) -> dict[str, list[tuple[RawConnection, str]]]:
    """Connections with a session of the worker that has taken them, by its tag in order: enough at each of two."""
    found: dict[str, list[tuple[RawConnection, str]]] = {}
    while len(found) < 2 or min(map(len, found.values())) < HANDED:
        connection = await RawConnection.open(port, context)
        sid = (await connection.ask("GET", POLL)).sid
        found.setdefault(tag_of(sid), []).append((connection, sid))
    return dict(sorted(found.items()))


Talking = tuple[ServerClient, ServerClient, str]


async def pairs_of_each(server: Process) -> tuple[dict[str, Talking], list[Talking]]:
    """Two who talk, for each of two workers, at that one alone; and all who were needed to find them."""
    alone: dict[str, Talking] = {}
    found: list[Talking] = []
    while len(alone) < 2:
        a, b, chat = await pair(server.url, "websocket")
        found.append((a, b, chat))
        first, second = tag_of(a.client.eio.sid), tag_of(b.client.eio.sid)
        if first == second:
            alone[first] = found[-1]
    return alone, found


@pytest.mark.parametrize("is_tls", [False, True])
async def test_a_worker_that_dies_in_a_hand_over_takes_along_what_was_its_own_and_nothing_else(
    page: Path, tmp_path: Path, is_tls: bool
) -> None:
    made = make_certificate(tmp_path)
    options = ("--tls-cert", str(made.cert), "--tls-key", str(made.key)) if is_tls else ()
    context = made.trusted() if is_tls else None
    with workers(page, *options) as server:
        dying, living = sorted(worker_pids(server))  # they are numbered as they began
        # An official client does not trust our certificate.
        alone, talking = ({}, []) if is_tls else await pairs_of_each(server)
        before = descriptors(living)
        of_dying, of_living = (await arrivals(port_of(server), context)).values()
        [(_, lost_sid), *_] = of_dying
        handed, living_tag = of_living[:HANDED], tag_of(of_living[0][1])
        for connection, _ in (*of_dying, *of_living[HANDED:]):  # the server would close them after 10 s
            connection.drop()
        await until(lambda: descriptors(living) == before + HANDED, "the others are gone")

        os.kill(dying, signal.SIGSTOP)
        for connection, _ in handed:
            await connection.send(head("GET", f"{POLL}&sid={lost_sid}"))
        # Over TLS the living one keeps the connection, and has an end of what is handed over.
        on_their_way = before + (2 * HANDED if is_tls else 0)
        await until(lambda: descriptors(living) == on_their_way, "all are on their way")
        os.kill(dying, signal.SIGKILL)
        assert [await connection.rest() for connection, _ in handed] == [b""] * HANDED

        await until(lambda: len(worker_pids(server) - {dying}) == 2, "there are two again")
        await until(lambda: descriptors(living) == before, "the living one holds nothing of it")
        if living_tag in alone:
            await talk(*alone[living_tag], "still here")
        again = await RawConnection.open(port_of(server), context)
        assert (await again.ask("GET", f"{POLL}&sid={lost_sid}")).status == 400, "nobody has this session"
        for connection in (again, *(connection for connection, _ in handed)):
            connection.drop()
        for a, b, _ in talking:
            await leave(a, b)
        assert server.stop() == 0


async def test_a_worker_that_dies_is_started_again_and_the_others_go_on(page: Path) -> None:
    with workers(page) as server:
        before = worker_pids(server)
        talking = await pairs(server.url, 4)
        [killed, *_] = before
        os.kill(killed, signal.SIGKILL)
        await until(lambda: len(worker_pids(server) - {killed}) == 2, "there are two again")
        went_on = 0
        for a, b, chat in talking:
            if a.client.connected and b.client.connected:
                await talk(a, b, chat, "still here")
                went_on += 1
        for _ in range(6):
            a, b, chat = await pair(server.url, *UPGRADE)
            await talk(a, b, chat, "hello")
            await leave(a, b)
        for a, b, _ in talking:
            await leave(a, b)
        assert server.stop() == 0
        assert "event=worker_died" in "".join(server.lines)


async def test_a_supervisor_that_is_killed_takes_its_workers_along_politely(page: Path) -> None:
    with workers(page) as server:
        pids, engine = worker_pids(server), engine_pid(server)
        talking = await pairs(server.url, 3)
        server.process.kill()
        for a, b, _ in talking:
            for visitor in (a, b):
                assert (await visitor.hears("ended"))[1] in ("drained", "left", "lost")
        await until(lambda: not any(runs(pid) for pid in (*pids, engine)), "nothing of it runs")
        with socket.create_server(("127.0.0.1", port_of(server))):
            pass


async def test_a_private_engine_that_dies_is_started_again_and_no_chat_ends(page: Path) -> None:
    with workers(page) as server:
        talking = await pairs(server.url, 4)
        engine = engine_pid(server)
        os.kill(engine, signal.SIGKILL)
        await until(lambda: not runs(engine) and len(children(server)) == 3, "there is another one")
        again = await pairs(server.url, 3)
        for a, b, chat in talking:

            async def says() -> bool:
                return bool(await a.client.call("message", (chat, "again"), timeout=GUARD_S) == {"ok": True})  # noqa: B023

            await until(says, "they reach each other")
            await b.hears("message")
        for a, b, _ in (*talking, *again):
            await leave(a, b)
        assert server.stop() == 0


def folders(temporary: Path) -> set[Path]:
    return set(temporary.glob(f"{PREFIX}*"))


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files, of processes that start from now on, too."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return tmp_path


async def test_what_a_supervisor_that_was_killed_has_left_is_removed_at_the_next_start(
    page: Path, temporary: Path
) -> None:
    with workers(page) as server:
        [left] = folders(temporary)
        pids = worker_pids(server)
        server.process.kill()
        await until(lambda: not any(runs(pid) for pid in pids), "its workers have ended")
    assert folders(temporary) == {left}
    with workers(page) as server, workers(page) as another:
        assert left not in folders(temporary)
        assert len(folders(temporary)) == 2, "each has its own"
        assert (server.stop(), another.stop()) == (0, 0)
    assert folders(temporary) == set()


def test_a_folder_that_is_in_use_or_strange_stays(temporary: Path) -> None:
    living = Folder()
    (strange := temporary / f"{PREFIX}strange").mkdir(0o700)
    (strange / "file").touch()
    (open_to_others := temporary / f"{PREFIX}open").mkdir(0o755)
    (link := temporary / f"{PREFIX}link").symlink_to(temporary)
    (dead := temporary / f"{PREFIX}dead").mkdir(0o700)
    (dead / SOCKET).touch()
    (file := temporary / f"{PREFIX}file").touch()
    another = Folder()
    assert folders(temporary) == {Path(str(living)), Path(str(another)), strange, open_to_others, link, file}
    living.close()
    another.close()
    assert folders(temporary) == {strange, open_to_others, link, file}


def test_a_folder_that_was_taken_for_a_dead_ones_is_made_anew(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = fcntl.flock
    unlucky: list[Path] = []

    def remove_first(descriptor: int, how: int) -> None:
        if not unlucky:
            unlucky.extend(folders(temporary))
            unlucky[0].rmdir()
        lock(descriptor, how)

    monkeypatch.setattr(fcntl, "flock", remove_first)
    folder = Folder()
    assert folders(temporary) == {Path(str(folder))} != set(unlucky)
    folder.close()
