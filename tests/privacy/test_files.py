"""ram-only: a whole series of chats under a file system that cannot be written to, and no file open for writing.

Linux, and root: the server gets a mount namespace of its own in which everything is read-only.
"""

import asyncio
import os
from pathlib import Path

import omefree
from omefree.audit.proc import written_files
from tests.privacy.leavers import Leaver, Server, arrive, chat, is_alone, running

# Every mount but the kernel's own views becomes read-only; then the server takes the place of the shell.
READ_ONLY = """
while read -r _ where kind _; do
  case $kind in
    proc | sysfs | cgroup* | devpts | mqueue | devtmpfs) ;;
    *) mount -o remount,bind,ro "$where" 2>/dev/null || : ;;
  esac
done </proc/mounts
for where in "$PAGE" "$HOME" /tmp /var/tmp /dev/shm .; do
  touch "$where/planted" 2>/dev/null && { echo "$where can be written to" >&2; exit 1; }
done
exec "$@"
"""
ROUNDS = 3


async def test_chats_need_no_file(tmp_path: Path) -> None:
    jail = ["unshare", "--mount", "--propagation", "private", "sh", "-c", READ_ONLY, "sh"]
    async with running(tmp_path, "--log-level", "debug", before=jail, PAGE=str(tmp_path)) as server:
        assert written_files(server.pid) == []
        for _ in range(ROUNDS):
            people = await series(server)
            assert written_files(server.pid) == [], "during chats"
            for leaver in people:
                await leaver.leave()
        await is_alone(server)
        assert written_files(server.pid) == []


async def test_where_it_could_write_it_does_not(tmp_path: Path) -> None:
    """The same, with all the rights there are: no file is new, and none has changed."""
    home, page = [made(tmp_path / name) for name in ("home", "page")]
    async with running(page, HOME=str(home), TMPDIR=str(home), XDG_CACHE_HOME=str(home)) as server:
        before = await asyncio.to_thread(stamps, server, home, page)
        for leaver in await series(server):
            await leaver.leave()
        await is_alone(server)
        assert await asyncio.to_thread(stamps, server, home, page) == before


async def test_the_operators_file_is_read_and_no_visit_changes_it(tmp_path: Path) -> None:
    """Beside it is the socket of the operator's commands, and nothing else."""
    folder, page = [made(tmp_path / name) for name in ("orders", "page")]
    orders = folder / "control.toml"
    orders.write_text('forgiven = 0\nblocked = ["127.1.0.0/16"]\nstate = "open"\n')
    before = orders.read_bytes(), orders.stat().st_mtime_ns
    async with running(page, "--control-file", str(orders)) as server:
        for leaver in await series(server):
            await leaver.leave()
        await is_alone(server)
        assert written_files(server.pid) == []
        assert (orders.read_bytes(), orders.stat().st_mtime_ns) == before
        assert {path.name for path in folder.iterdir()} == {"control.toml", "control.toml.sock"}


def test_a_file_that_is_written_would_be_found(tmp_path: Path) -> None:
    log, read = tmp_path / "log", tmp_path / "read"
    read.write_text("")
    with log.open("w"), read.open():
        assert {str(log), str(read)} & set(written_files(os.getpid())) == {str(log)}


def made(folder: Path) -> Path:
    folder.mkdir()
    return folder


async def series(server: Server) -> list[Leaver]:
    """People of both transports who talk, and a look at the page."""
    people = await arrive(server, 10, polls=4)
    await chat(people)
    return people


def stamps(server: Server, *folders: Path) -> dict[str, tuple[int, int]]:
    """Size and time of change of every file in these folders, in the server's current one and beside its code."""
    current = Path(f"/proc/{server.pid}/cwd").readlink()
    code = Path(omefree.__file__).parent
    everywhere = [path for folder in (*folders, code) for path in folder.rglob("*")] + list(current.iterdir())
    return {str(path): stamp(path) for path in everywhere}


def stamp(path: Path) -> tuple[int, int]:
    status = path.lstat()
    return status.st_size, status.st_mtime_ns
