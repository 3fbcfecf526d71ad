"""The audit on the host, of servers that are processes of their own (Linux, root)."""

import asyncio
import os
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from omefree.audit import proc
from omefree.audit.check import Check, Result
from omefree.audit.process import CHECKS, audit_process
from omefree.audit.traces import secrets_in
from omefree.privacy.claims import CLAIMS
from tests.privacy.leavers import AS_NOBODY, environment, furnish, running
from tests.privacy.test_gone import certificate
from tests.words.speak import english


def results(checks: Iterable[Check]) -> dict[str, Result]:
    return {check.name: check.result for check in checks}


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
async def test_a_fresh_server_passes(tmp_path: Path, tls: bool) -> None:
    flags, trust = certificate(tmp_path) if tls else ([], None)
    async with running(tmp_path, *flags, before=AS_NOBODY, tls=trust) as server:
        checks = await audit_process(server.pid)
    told = {check.name: english(check.detail) for check in checks}
    # What its standard error, a pipe to this test, becomes is not to be seen from its side.
    assert results(checks) == {name: "not checked" if name == "no-logs" else "passed" for name in CHECKS}, told


async def test_several_workers_are_looked_at_as_one_server(tmp_path: Path) -> None:
    async with running(tmp_path, "--workers", "2", "--exchange", "auto", before=AS_NOBODY) as server:
        assert len(proc.family(server.pid)) == 4, "the supervisor, two workers, their Valkey"
        checks = await audit_process(server.pid)
    told = {check.name: english(check.detail) for check in checks}
    assert results(checks) == {name: "not checked" if name == "no-logs" else "passed" for name in CHECKS}, told


async def test_a_port_that_only_leads_to_https_takes_no_media(tmp_path: Path) -> None:
    flags, trust = certificate(tmp_path)
    async with running(tmp_path, *flags, "--redirect-port", "0", before=AS_NOBODY, tls=trust) as server:
        checks = {check.name: check for check in await audit_process(server.pid)}
    assert checks["media-direct"].result == "passed"
    assert english(checks["media-direct"].detail).count("tcp") == 2


@pytest.mark.parametrize("pid", [2**22 - 1])
async def test_of_no_process_nothing_is_checked(pid: int) -> None:
    checks = await audit_process(pid)
    assert set(results(checks).values()) == {"not checked"}
    assert {english(check.detail) for check in checks} == {"there is no such process"}


async def test_without_a_chat_what_needs_one_is_not_checked(tmp_path: Path) -> None:
    async with running(tmp_path, before=AS_NOBODY) as server:
        checks = results(await audit_process(server.pid, "http://127.0.0.1:9"))
    assert checks == {name: "passed" if name in ("media-direct", "no-trace") else "not checked" for name in CHECKS}


async def test_another_program_s_process_is_found_out(tmp_path: Path) -> None:
    """It writes a file, listens on two ports, may be dumped, and shows a secret."""
    script = (
        "import socket, sys, time; a, b = [socket.create_server(('127.0.0.1', 0)) for _ in range(2)]; "
        f"f = open({str(tmp_path / 'index.html')!r}, 'r+'); sys.stdout.write('.'); sys.stdout.flush(); time.sleep(60)"
    )
    furnish(tmp_path)
    process = await asyncio.create_subprocess_exec(
        "sh", "-c", 'ulimit -c 1024; exec "$@"', "sh", *AS_NOBODY, sys.executable, "-c", script,
        stdout=asyncio.subprocess.PIPE, env=environment(OMEFREE_TURN_SECRET="s3cret"),
    )  # fmt: skip
    try:
        assert process.stdout is not None
        await process.stdout.readexactly(1)
        checks = {check.name: check for check in await audit_process(process.pid, "http://127.0.0.1:9")}
    finally:
        process.kill()
        await process.wait()
    assert (
        english(checks["ram-only"].detail) == f"open for writing: {tmp_path / 'kept'}"[:78]
        or checks["ram-only"].result == "failed"
    )
    assert checks["media-direct"].result == "failed"
    assert checks["no-trace"].result == "failed"
    for fault in ("core limit", "may read its memory", "OMEFREE_TURN_SECRET"):
        assert fault in english(checks["no-trace"].detail)
    assert "s3cret" not in str(checks)


async def test_as_root_it_is_not_said_to_be_closed(tmp_path: Path) -> None:
    async with running(tmp_path) as server:
        checks = {check.name: check for check in await audit_process(server.pid)}
    assert checks["no-trace"].result == "not checked"
    assert "root" in english(checks["no-trace"].detail)


def test_every_check_on_the_host_is_one_of_its_claim() -> None:
    by_id = {claim.id: claim for claim in CLAIMS}
    assert all(name in by_id[name].audit for name in CHECKS)


def test_a_scrubbed_secret_is_none() -> None:
    assert secrets_in({"OMEFREE_TURN_SECRET": "***", "OMEFREE_PORT": "1", "OMEFREE_TURN_SECRET_FILE": "/f"}) == []
    assert secrets_in({"OMEFREE_TURN_SECRET": "x*"}) == ["OMEFREE_TURN_SECRET"]


@pytest.mark.parametrize(
    ("spelled", "address"),
    [
        ("0100007F:1F40", ("127.0.0.1", 8000)),
        ("00000000000000000000000001000000:0050", ("::1", 80)),
        ("00000000:0000", ("0.0.0.0", 0)),
    ],
)
@pytest.mark.skipif(sys.byteorder != "little", reason="as a little-endian machine writes them")
def test_addresses_are_read_as_the_kernel_writes_them(spelled: str, address: tuple[str, int]) -> None:
    assert proc.address(spelled) == address


def test_this_process_has_a_file_open() -> None:
    with Path(__file__).open() as here:
        found = {each.number: each for each in proc.open_files(os.getpid())}[here.fileno()]
    assert (found.path, found.is_regular, found.writes) == (__file__, True, False)
