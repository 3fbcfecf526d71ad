"""The engine serves anybody: its README is true, and it needs nothing of a chat."""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path

import omefree.engine
from tests.clients.official import GUARD_S, UPGRADE, WEBSOCKET, JavaScript, Python

README = Path(omefree.engine.__file__).with_name("README.md")

# Imports every module of the engine where nothing but engine, writer, errors and clock can be imported of omefree.
ALONE = """
import importlib, pkgutil, sys

class Nothing:
    def find_spec(self, name, path=None, target=None):
        if name.startswith("omefree.") and name.split(".")[1] not in ("engine", "wire", "errors", "clock"):
            raise ImportError(name)

sys.meta_path.insert(0, Nothing())
import omefree.engine, omefree.wire
for package in (omefree.engine, omefree.wire):
    for module in pkgutil.iter_modules(package.__path__):
        print(importlib.import_module(f"{package.__name__}.{module.name}").__name__)
"""


async def run(*arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(sys.executable, *arguments, stdout=asyncio.subprocess.PIPE)


async def test_engine_and_wire_need_nothing_else_of_omefree() -> None:
    process = await run("-c", ALONE)
    async with asyncio.timeout(GUARD_S):
        out, _ = await process.communicate()
    assert process.returncode == 0
    assert {"omefree.engine.http_connection", "omefree.engine.sockets", "omefree.wire.socketio"} <= set(
        out.decode().split()
    )


async def test_the_server_of_the_readme_serves_the_official_clients(tmp_path: Path) -> None:
    [program] = re.findall(r"```python\n(.*?)```", README.read_text(), re.S)
    (tmp_path / "server.py").write_text(program)
    process = await run(str(tmp_path / "server.py"), "0")
    assert process.stdout is not None
    try:
        url = (await process.stdout.readline()).decode().strip()
        one, two = JavaScript(), Python()
        await one.connect(url, UPGRADE)
        assert await one.event() == ["welcome", 1]
        await two.connect(url, WEBSOCKET)
        assert await two.event() == ["welcome", 2]
        assert await one.call("hello", b"\0", {"a": 1}) == [1]
        assert await two.event() == ["hello", b"\0", {"a": 1}]
        await one.disconnect()
        await two.disconnect()
    finally:
        process.terminate()
        await process.wait()
