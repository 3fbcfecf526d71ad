"""A terminal's screen, made from what a program writes. The emulator is asciinema's.

The emulator ignores unknown control sequences, so the check here refuses them.
"""

from __future__ import annotations

import re

from avt import Vt  # type: ignore[attr-defined]  # its package re-exports it without saying so

# Text, the controls of a line, and what prompt_toolkit writes of CSI (ECMA-48, 5.4): cursor, erasing, looks, modes.
SAFE = re.compile(r"(?:[^\x00-\x1f\x7f-\x9f]|[\r\n\b]|\x1b\[[\d;]*[A-DHJKm]|\x1b\[\?[\d;]+[hl])*")
UNFINISHED = re.compile(r"(?:\x1b(?:\[\??[\d;]{0,20})?)?")


class FakeTerminal:
    """A screen that raises AssertionError for a control sequence that no program of ours should send."""

    def __init__(self, rows: int, columns: int) -> None:
        self._screen = Vt(columns, rows)
        self._unchecked = ""
        self.colours = False  # whether anything was ever shown in a colour

    def resize(self, rows: int, columns: int) -> None:
        self._screen.resize(columns, rows)

    @property
    def text(self) -> str:
        return "\n".join(line.text.rstrip() for line in self._screen.view())

    def write(self, data: str) -> None:
        self._check(data)
        self._screen.feed_str(data)
        pens = [cell.pen for line in self._screen.view() for cell in line.cells]
        self.colours |= any(pen.foreground or pen.background for pen in pens)

    def _check(self, data: str) -> None:
        self._unchecked = SAFE.sub("", self._unchecked + data, count=1)
        assert UNFINISHED.fullmatch(self._unchecked), f"no program of ours sends {self._unchecked[:40]!r}"
