"""Standard error that cannot be written: nothing raises, nothing waits, and what is lost is counted."""

import contextlib
import os
import pty
import socket
import subprocess
import sys
import termios
from collections.abc import Callable
from pathlib import Path

import pytest

from omefree import logs
from omefree.process.outlet import Outlet
from tests.privacy.planted import quiet
from tests.test_server import environment

LINE = "level=info event=serving\n"


def run(script: str, log: Path) -> int:
    """The exit code of a script whose output and errors go to a file, which it is told."""
    with log.open("ab") as out:
        command = [sys.executable, "-c", script, str(log)]
        return subprocess.run(command, stdout=out, stderr=out, env=environment(), check=False).returncode


def full_pipe() -> tuple[int, int]:
    """A pipe that takes nothing more: its reading and its writing end."""
    reads, writes = os.pipe()
    os.set_blocking(writes, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(writes, bytes(4096))
    os.set_blocking(writes, True)
    return reads, writes


def drain(reads: int) -> None:
    """Empties a pipe."""
    os.set_blocking(reads, False)
    with contextlib.suppress(BlockingIOError):
        while os.read(reads, 65_536):
            pass


def closed_pipe() -> int:
    reads, writes = os.pipe()
    os.close(reads)
    return writes


def full_disk() -> int:
    return os.open("/dev/full", os.O_WRONLY)


def stopped_terminal() -> int:
    """As after Ctrl-S."""
    _, slave = pty.openpty()
    termios.tcflow(slave, termios.TCOOFF)
    return slave


def closed() -> int:
    number = os.open(os.devnull, os.O_WRONLY)
    os.close(number)
    return number


def deaf_socket() -> int:
    """As of a journal that has stopped."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while True:
            ours.send(bytes(4096))
    ours.setblocking(True)
    theirs.detach()  # it stays open
    return ours.detach()


BROKEN: dict[str, Callable[[], int]] = {
    "a pipe that nobody reads": lambda: full_pipe()[1],
    "a pipe that is closed": closed_pipe,
    "a full disk": full_disk,
    "a stopped terminal": stopped_terminal,
    "no descriptor": closed,
    "a socket that nobody reads": deaf_socket,
}


@pytest.mark.parametrize("kind", BROKEN)
def test_what_cannot_be_written_is_lost_and_nothing_waits(kind: str) -> None:
    outlet = Outlet(BROKEN[kind]())
    assert [outlet.write(LINE) for _ in range(3)] == [0, 0, 0]


def test_the_first_line_that_gets_through_is_followed_by_how_many_did_not() -> None:
    reads, writes = full_pipe()
    with quiet(outlet=Outlet(writes)):
        for _ in range(3):
            logs.log.info("reloaded")
        drain(reads)
        logs.log.info("reloaded")
        events = [line.split(b"event=")[1] for line in os.read(reads, 65_536).splitlines()]
    assert events == [b"reloaded", b"lines_lost lines=3"]


def test_a_line_of_which_only_a_part_was_written_is_ended_before_the_next(tmp_path: Path) -> None:
    """A disk that is full to the last byte: here, a limit on the size of a file."""
    script = (
        "import resource, sys; from omefree.process.outlet import Outlet; out = Outlet(2); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (10, -1)); lost = out.write('one two three\\n'); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (-1, -1)); out.write('four\\n'); sys.exit(lost)"
    )
    assert run(script, tmp_path / "log") == 0
    assert (tmp_path / "log").read_text() == "one two th\nfour\n"


def test_a_file_that_was_moved_away_is_opened_again_by_its_name(tmp_path: Path) -> None:
    script = (
        "import os, sys; from omefree.process.outlet import Outlet; out = Outlet(2); out.write('one\\n'); "
        "os.rename(sys.argv[1], sys.argv[1] + '.1'); out.write('two\\n'); out.reopen(); out.write('three\\n'); "
        "os.write(1, b'four\\n')"
    )
    log = tmp_path / "log"
    assert run(script, log) == 0
    assert (tmp_path / "log.1").read_text() == "one\ntwo\n"
    assert log.read_text() == "three\nfour\n", "standard output goes where it went: to the same file"


def test_a_file_that_cannot_be_opened_again_stays_open(tmp_path: Path) -> None:
    script = (
        "import os, sys; from omefree.process.outlet import Outlet; out = Outlet(2); "
        "folder = os.path.dirname(sys.argv[1]); "
        "os.rename(folder, folder + '.old'); out.reopen(); out.write('one\\n')"
    )
    (tmp_path / "logs").mkdir()
    assert run(script, tmp_path / "logs/log") == 0
    assert (tmp_path / "logs.old/log").read_text() == "one\n"
