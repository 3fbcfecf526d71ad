"""`omefree load`, run as a program of its own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

from tests.test_server import environment

GUARD_S = 60.0  # no test measures time: this only ends one that hangs


class Load:
    """The command, while it runs."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def ends(self) -> Done:
        async with asyncio.timeout(GUARD_S):
            out, error = await self.process.communicate()
        return Done(self.process.returncode or 0, out.decode(), error.decode())


class Done(NamedTuple):
    """How it ended."""

    code: int
    out: str
    error: str

    @property
    def json(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.out)
        return told

    @property
    def errors(self) -> dict[str, str]:
        """The code of each step that failed."""
        return {each["step"]: each["code"] for each in self.json["errors"]}


@contextlib.asynccontextmanager
async def loading(*args: str, trust: Path | None = None) -> AsyncIterator[Load]:
    """`trust`: the certificate of the server."""
    pipe = asyncio.subprocess.PIPE
    env = environment() | ({"SSL_CERT_FILE": str(trust)} if trust else {})
    command = [sys.executable, "-m", "omefree", "load", *args]
    process = await asyncio.create_subprocess_exec(*command, env=env, stdout=pipe, stderr=pipe)
    try:
        yield Load(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def load(*args: str, trust: Path | None = None) -> Done:
    async with loading(*args, trust=trust) as running_load:
        return await running_load.ends()
