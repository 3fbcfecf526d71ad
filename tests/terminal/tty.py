"""Runs `omefree chat` under a pseudo-terminal."""

from __future__ import annotations

import asyncio
import codecs
import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from pathlib import Path

import omefree
from tests.client.people import GUARD_S
from tests.terminal.fake_terminal import FakeTerminal


class Terminal:
    """A program under a pseudo-terminal, and what its screen shows."""

    def __init__(self, rows: int, columns: int, *args: str, **environ: str) -> None:
        self.screen = FakeTerminal(rows, columns)
        self._changed = asyncio.Event()
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._near, far = pty.openpty()
        self.resize(rows, columns)
        env = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "LC_ALL", "LC_MESSAGES")}
        env |= {"TERM": "xterm-256color", "LANG": "en_GB.UTF-8", "PYTHONPATH": str(Path(omefree.__file__).parents[1])}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "omefree", "chat", *args], stdin=far, stdout=far, stderr=subprocess.PIPE,
            env=env | environ, start_new_session=True, close_fds=True,
        )  # fmt: skip
        os.close(far)
        asyncio.get_running_loop().add_reader(self._near, self._read)

    def resize(self, rows: int, columns: int) -> None:
        self.screen.resize(rows, columns)
        fcntl.ioctl(self._near, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def _read(self) -> None:
        try:
            data = os.read(self._near, 65_536)
        except OSError:  # the other end is closed
            data = b""
        if not data:
            asyncio.get_running_loop().remove_reader(self._near)
            return
        self.screen.write(self._decoder.decode(data))
        self._changed.set()

    def types(self, text: str) -> None:
        os.write(self._near, text.encode())

    async def sees(self, *texts: str) -> None:
        try:
            async with asyncio.timeout(GUARD_S):
                while not all(text in self.screen.text for text in texts):
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise AssertionError(f"never {texts} in:\n{self.screen.text}") from None

    async def ends(self) -> int:
        async with asyncio.timeout(GUARD_S):
            return await asyncio.to_thread(self.process.wait)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        assert self.process.stderr is not None
        self.process.stderr.close()
        asyncio.get_running_loop().remove_reader(self._near)
        os.close(self._near)
