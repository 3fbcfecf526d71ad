"""no-trace: what the system says of the process, asked in a process of its own (Linux)."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from subprocess import PIPE

import pytest

from omefree.audit import proc
from tests.privacy.leavers import AS_NOBODY, Server, environment, running

SECRET = "a secret of coturn"
TURN = ("--turn-url", "turn:turn.example:3478")


def read(server: Server, name: str) -> str:
    return Path(f"/proc/{server.pid}/{name}").read_bytes().decode(errors="replace")


def run(script: str, before: str = "", **variables: str) -> str:
    """What a Python process prints that a shell has prepared."""
    command = ["sh", "-c", f'{before} exec "$@"', "sh", sys.executable, "-c", script]
    done = subprocess.run(command, env=environment(**variables), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def facts(before: str = "", **variables: str) -> Mapping[str, bool]:
    script = (
        "import json, msgspec; from omefree.process.hardening import harden; "
        "print(json.dumps(msgspec.structs.asdict(harden())))"
    )
    answer: Mapping[str, bool] = json.loads(run(script, before, **variables))
    return answer


async def test_the_server_is_closed_to_others(tmp_path: Path) -> None:
    async with running(tmp_path, before=AS_NOBODY) as server:
        assert re.search(r"Max core file size\s+0\s+0\s", read(server, "limits"))
        assert not proc.is_dumpable(server.pid)
        assert re.search(r"Umask:\s+0077", read(server, "status"))
        assert "PYTHONMALLOC=debug\0" in read(server, "environ")


async def test_another_program_of_the_same_user_cannot_read_its_memory(tmp_path: Path) -> None:
    async with running(tmp_path, before=AS_NOBODY) as server:
        assert not can_read(server.pid)


def test_it_could_read_another_one_s() -> None:
    with subprocess.Popen([*AS_NOBODY, "sh", "-c", "echo; read _"], stdin=PIPE, stdout=PIPE) as idle:
        try:
            assert idle.stdout is not None
            idle.stdout.readline()  # it is `nobody` by now
            assert can_read(idle.pid)
        finally:
            idle.kill()


def can_read(pid: int) -> bool:
    """Whether a program of the user `nobody` may look into a process."""
    command = [*AS_NOBODY, "head", "-c", "1", f"/proc/{pid}/environ"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_what_a_crash_leaves(tmp_path: Path) -> None:
    """Not even where core dumps are on."""
    script = "import os; from omefree.process.hardening import harden; harden(); os.abort()"
    done = subprocess.run(
        ["sh", "-c", 'ulimit -c unlimited 2>/dev/null; exec "$@"', "sh", sys.executable, "-c", script],
        env=environment(), cwd=tmp_path, check=False,
    )  # fmt: skip
    assert done.returncode == -signal.SIGABRT
    assert list(tmp_path.iterdir()) == []


def test_the_facts_are_those_of_the_system() -> None:
    script = (
        "import ctypes, resource; from omefree.process.hardening import harden; facts = harden(); "
        "print(facts.core_dumps_off == (resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)), "
        "facts.not_dumpable == (ctypes.CDLL(None).prctl(3) == 0), "  # PR_GET_DUMPABLE
        "facts.memory_locked == ('VmLck:\\t       0 kB' not in open('/proc/self/status').read()))"
    )
    assert run(script) == "True True True"


def test_memory_is_locked_only_without_a_limit() -> None:
    """At 8 MB it would fail, or worse: allocations would."""
    assert facts("ulimit -l 8192;")["memory_locked"] is may_raise_limits()


def may_raise_limits() -> bool:
    script = "import resource as r; r.setrlimit(r.RLIMIT_MEMLOCK, (-1, -1))"
    return subprocess.run([sys.executable, "-c", script], stderr=subprocess.DEVNULL, check=False).returncode == 0


@pytest.mark.parametrize(("chosen", "overwrites"), [("debug", True), ("pymalloc_debug", True), ("default", False)])
def test_the_allocator_is_told_as_it_is(chosen: str, overwrites: bool) -> None:
    assert facts(PYTHONMALLOC=chosen)["freed_overwritten"] is overwrites


def test_freed_memory_is_overwritten() -> None:
    """A block of a size that nothing else here asks for: it is not used again before it is looked at."""
    script = (
        "import ctypes; python = ctypes.pythonapi; python.PyObject_Malloc.restype = ctypes.c_void_p; "
        "seen = ctypes.create_string_buffer(500); at = python.PyObject_Malloc(500); block = ctypes.c_void_p(at); "
        "ctypes.memset(block, 65, 500); python.PyObject_Free(block); ctypes.memmove(seen, block, 500); "
        "print(seen.raw.count(b'A') > 400)"
    )
    assert run(script, PYTHONMALLOC="default") == "True"
    assert run(script, PYTHONMALLOC="debug") == "False"


async def test_the_server_starts_itself_again_once_and_keeps_its_number(tmp_path: Path) -> None:
    async with running(tmp_path) as server:
        arguments = read(server, "cmdline").split("\0")
        assert arguments[1:4] == ["-m", "omefree", "serve"]
        assert arguments[-3:-1] == ["--quota-scale", "1000"]


@pytest.mark.parametrize("flag", [True, False], ids=["flag", "variable"])
async def test_a_secret_is_not_to_be_read_once_the_server_runs(tmp_path: Path, flag: bool) -> None:
    flags = [*TURN, f"--turn-secret={SECRET}"] if flag else [*TURN]
    variable = "" if flag else SECRET
    async with running(tmp_path, *flags, OMEFREE_TURN_SECRET=variable) as server:
        assert SECRET not in read(server, "cmdline") + read(server, "environ")
        assert "*" * len(SECRET) in read(server, "cmdline" if flag else "environ")


def test_a_secret_goes_from_the_environment_that_programs_inherit() -> None:
    script = (
        "import os; from omefree.process.hardening import forget_secrets; forget_secrets(['s3cret', '']); "
        "print(os.environ.get('OMEFREE_TURN_SECRET'), os.environ['OTHER'])"
    )
    assert run(script, OMEFREE_TURN_SECRET="s3cret", OTHER="s3cret-ly") == "None s3cret-ly"
    assert "OMEFREE_TURN_SECRET" not in os.environ
