"""What could leave the processes of a server: core dumps, memory that others read, swap, secrets in the environment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import reduce

from omefree.audit import proc
from omefree.audit.check import Verdict, line, missing, passed, some
from omefree.words.text import Text

STARS = {"", "*"}  # what a scrubbed secret consists of


def no_trace(pids: Sequence[int]) -> Verdict:
    """The check `no-trace`: nothing of the memory can leave the processes, and their environment has no secret.

    The ways out are core dumps, other programs of the same user, and swap. The first process is the server, or the
    supervisor of its workers. Raises NotChecked, OSError.
    """
    server = proc.program(pids[0])
    workers = [pid for pid in pids if proc.program(pid) == server]
    faults: list[Text] = []
    for pid in pids:
        faults += [fault for fault in ways_out(pid, is_engine=pid not in workers) if fault not in faults]
    if faults:
        return Verdict("failed", reduce(lambda first, then: line("and_also", first=first, then=then), faults))
    if proc.is_of_root(pids[0]):
        raise missing("as_root")
    if all(proc.kilobytes(pid, "VmLck") for pid in workers):
        return passed("no_trace")
    return passed("no_trace_unlocked", kb=sum(proc.kilobytes(pid, "VmSwap") for pid in workers))


def ways_out(pid: int, *, is_engine: bool) -> Iterator[Text]:
    """The ways out that one process has. A Valkey holds nothing of a visitor: its own user may read its memory."""
    locked, swapped = proc.kilobytes(pid, "VmLck") > 0, proc.kilobytes(pid, "VmSwap")
    if proc.core_limit(pid) != "0":
        yield line("core", limit=proc.core_limit(pid))
    if not is_engine and not proc.is_of_root(pid) and proc.is_dumpable(pid):
        yield line("dumpable")
    if locked and swapped:
        yield line("swapped", kb=swapped)
    if named := secrets_in(proc.environment(pid)):
        yield line("secret", what=some(named))


def secrets_in(environment: Mapping[str, str]) -> list[str]:
    """The names of OmeFree's variables that hold a secret. One that was scrubbed holds none."""
    return sorted(
        name
        for name, value in environment.items()
        if name.startswith("OMEFREE_") and name.endswith("SECRET") and set(value) - STARS
    )
