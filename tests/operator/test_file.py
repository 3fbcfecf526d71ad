"""The control file on a real disk: it is read without waiting, and written whole or not at all."""

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from omefree.errors import ControlError, OrderError
from omefree.guard.control import CONTROL_BYTES, Orders, parse, text
from omefree.operator.file import Watch, read
from omefree.operator.writer import change
from tests.test_server import environment

FROZEN = Orders("frozen", ("203.0.113.0/24",), 3)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "control.toml"


def why(watch: Watch) -> str:
    with pytest.raises(ControlError) as refused:
        watch.look()
    return refused.value.reason


# --- read ---


def test_each_change_is_read_once(path: Path) -> None:
    watch = Watch(str(path))
    assert why(watch) == "missing"
    assert watch.look() is None, "and said once"
    path.write_text(text(FROZEN))
    assert watch.look() == FROZEN
    assert watch.look() is None
    path.write_text('state = "op')
    assert why(watch) == "incomplete"
    assert watch.look() is None
    path.write_text(text(Orders()))
    assert watch.look() == Orders()
    path.unlink()
    assert why(watch) == "missing"


def test_a_file_of_the_same_size_in_its_place_is_a_change(path: Path) -> None:
    watch = Watch(str(path))
    path.write_text(text(FROZEN))
    assert watch.look() == FROZEN
    status = path.stat()
    other = path.with_name("other")
    other.write_text(text(replace(FROZEN, forgiven=4)))
    os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
    other.replace(path)
    assert watch.look() == replace(FROZEN, forgiven=4)


def fifo(path: Path) -> None:
    os.mkfifo(path)


def linked_fifo(path: Path) -> None:
    fifo(path.with_name("pipe"))
    path.symlink_to(path.with_name("pipe"))


def large(path: Path) -> None:
    path.write_text(text(FROZEN) + "#" * 1_000_000 + "\n")


NO_FILES: dict[str, tuple[Any, str]] = {
    "a pipe": (fifo, "not_a_file"),
    "a folder": (Path.mkdir, "not_a_file"),
    "a device": (lambda path: path.symlink_to("/dev/zero"), "not_a_file"),
    "a pipe behind a link": (linked_fifo, "not_a_file"),
    "a link to nothing": (lambda path: path.symlink_to("nothing"), "missing"),
    "a circle of links": (lambda path: path.symlink_to(path), "unreadable"),
    "one MB": (large, "too_big"),
    "no UTF-8": (lambda path: path.write_bytes(b"\xff\n"), "not_text"),
    "nothing": (Path.touch, "incomplete"),
}


@pytest.mark.parametrize("made", NO_FILES)
def test_whatever_else_lies_there_is_refused_without_waiting(path: Path, made: str) -> None:
    make, reason = NO_FILES[made]
    make(path)
    assert why(Watch(str(path))) == reason
    if reason != "missing":
        with pytest.raises(OrderError):
            change(str(path), lambda orders: replace(orders, state="open"))


def test_a_link_counts_as_its_file_and_stays_a_link(path: Path) -> None:
    real = path.with_name("real")
    real.write_text(text(FROZEN))
    path.symlink_to(real)
    watch = Watch(str(path))
    assert watch.look() == FROZEN
    change(str(path), lambda orders: replace(orders, state="open"))
    assert path.is_symlink()
    assert watch.look() == parse(real.read_text()) == replace(FROZEN, state="open")


def test_a_server_has_nothing_that_writes_one() -> None:
    ask = (
        "import sys, omefree.server; print(*(f'omefree.operator.{name}' in sys.modules for name in ('file', 'writer')))"
    )
    done = subprocess.run([sys.executable, "-c", ask], env=environment(), capture_output=True, text=True, check=True)
    assert done.stdout == "True False\n"


# --- written ---


def test_a_change_keeps_the_rest_and_is_for_the_owner_alone(path: Path) -> None:
    path.write_text(text(FROZEN))
    path.chmod(0o644)
    assert change(str(path), lambda orders: replace(orders, state="open")) == (FROZEN, replace(FROZEN, state="open"))
    assert parse(path.read_text()) == replace(FROZEN, state="open")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path], "nothing is left beside it"


def test_an_order_that_changes_nothing_leaves_the_file_alone(path: Path) -> None:
    change(str(path), lambda orders: orders)
    before = path.stat()
    change(str(path), lambda orders: replace(orders, state="open"))
    after = path.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


@pytest.mark.parametrize("content", ['state = "open"\n', 'state = "fro', "nonsense"])
def test_a_file_that_is_not_good_is_not_overwritten(path: Path, content: str) -> None:
    path.write_text(content)
    with pytest.raises(OrderError, match="nothing was changed"):
        change(str(path), lambda orders: replace(orders, state="frozen"))
    assert path.read_text() == content


def test_a_list_that_would_not_be_read_is_not_written(path: Path) -> None:
    path.write_text(text(FROZEN))
    many = tuple(f"10.{number >> 8 & 255}.{number & 255}.0/24" for number in range(CONTROL_BYTES // 16))
    with pytest.raises(OrderError, match="wider"):
        change(str(path), lambda orders: replace(orders, blocked=many))
    assert parse(path.read_text()) == FROZEN


def test_a_folder_that_is_missing_is_said(path: Path) -> None:
    with pytest.raises(OrderError, match="No such file"):
        change(str(path / "control.toml"), lambda orders: orders)


FORGIVE = """
import sys
from msgspec.structs import replace
from omefree.operator.writer import change
print("begun", flush=True)
for _ in range(int(sys.argv[2])):
    change(sys.argv[1], lambda orders: replace(orders, forgiven=orders.forgiven + 1))
"""


def forgiving(path: Path, times: int) -> subprocess.Popen[str]:
    """A process that changes the file so often."""
    command = [sys.executable, "-c", FORGIVE, str(path), str(times)]
    return subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, text=True)


def test_two_commands_at_once_lose_nothing_and_the_file_is_good_all_the_time(path: Path) -> None:
    path.write_text(text(FROZEN))
    both = [forgiving(path, 40) for _ in range(2)]
    while any(process.poll() is None for process in both):
        assert parse(read(path)).blocked == FROZEN.blocked
    for process in both:
        assert process.stdout is not None
        process.stdout.close()
        assert process.returncode == 0
    assert parse(read(path)) == replace(FROZEN, forgiven=3 + 80)


def test_a_command_that_is_killed_leaves_a_good_file_and_no_lock(path: Path) -> None:
    path.write_text(text(FROZEN))
    for _ in range(3):
        process = forgiving(path, 1_000_000)
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        before = parse(read(path)).forgiven
        while parse(read(path)).forgiven < before + 5:
            pass
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        assert parse(read(path)).state == "frozen"
    path.with_name("control.toml.new").write_text('state = "op')  # as if killed while it wrote
    assert change(str(path), lambda orders: replace(orders, state="open"))[1].state == "open"
    assert sorted(each.name for each in path.parent.iterdir()) == ["control.toml"]
