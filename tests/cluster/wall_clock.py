"""The wall clock of one process, which a test sets while that runs. Its monotonic clock goes on as it was.

libfaketime does not do: what leaves the monotonic clock alone makes Python's `time.sleep` fail there (EINVAL, 0.9.10).
"""

from __future__ import annotations

import struct
import subprocess
from pathlib import Path

SOURCE = Path(__file__).with_suffix(".c")


class WallClock:
    """`at`: the beginning of the command of a process that has this clock."""

    def __init__(self, folder: Path) -> None:
        self._set = folder / "wall-clock"
        self.add(0)
        library = folder / "wall-clock.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-Wall", "-o", library, SOURCE], check=True)
        self.at = ("env", f"LD_PRELOAD={library}", f"WALL_CLOCK={self._set}")

    def add(self, hours: int) -> None:
        """It shows so many hours more than it is."""
        with self._set.open("r+b" if self._set.exists() else "wb") as file:
            file.write(struct.pack("l", hours * 3600))
