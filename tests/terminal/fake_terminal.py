"""A terminal's screen, from the bytes that a program writes: as much of one as prompt_toolkit uses."""

from __future__ import annotations

import re

from prompt_toolkit.utils import get_cwidth

# CSI (ECMA-48), OSC, and the two-character escapes.
CONTROL = re.compile(r"\x1b\[([?>]?)([\d;]*)([A-Za-z])|\x1b\][^\x07]*\x07|\x1b[=>()][A-Za-z0-9]?|\x1b[A-Za-z]")
KNOWN = set("ABCDGHJKPXhlmnqrstu")


class FakeTerminal:
    """Raises AssertionError for a control sequence that no program of ours should send."""

    def __init__(self, rows: int, columns: int) -> None:
        self.rows, self.columns = rows, columns
        self._rest = ""
        self.colours = False
        self._wipe()

    def _wipe(self) -> None:
        self._row = self._column = 0
        self._cells = [[" "] * self.columns for _ in range(self.rows)]

    def resize(self, rows: int, columns: int) -> None:
        self.rows, self.columns = rows, columns
        self._wipe()

    @property
    def text(self) -> str:
        return "\n".join("".join(row).rstrip() for row in self._cells)

    def write(self, data: str) -> None:
        data, self._rest = self._rest + data, ""
        at = 0
        while at < len(data):
            if data[at] != "\x1b":
                self._put(data[at])
                at += 1
            elif found := CONTROL.match(data, at):
                self._control(found)
                at = found.end()
            else:
                assert len(data) - at < 40, f"not a control sequence: {data[at : at + 40]!r}"
                self._rest = data[at:]
                return

    def _put(self, sign: str) -> None:
        match sign:
            case "\r":
                self._column = 0
            case "\n":
                self._row = min(self._row + 1, self.rows - 1)
            case "\b":
                self._column = max(0, self._column - 1)
            case _:
                assert sign >= " " and not "\x7f" <= sign <= "\x9f", f"a raw control character: {sign!r}"
                self._show(sign)

    def _show(self, sign: str) -> None:
        width = get_cwidth(sign)
        if width == 0:
            self._cells[self._row][max(0, self._column - 1)] += sign
            return
        if self._column + width > self.columns:
            self._column, self._row = 0, min(self._row + 1, self.rows - 1)
        self._cells[self._row][self._column] = sign
        if width == 2 and self._column + 1 < self.columns:
            self._cells[self._row][self._column + 1] = ""
        self._column += width

    def _control(self, found: re.Match[str]) -> None:
        private, numbers, kind = found[1], found[2], found[3]
        if kind is None:
            return
        assert kind in KNOWN, found[0]
        values = [int(number or 0) for number in numbers.split(";")] if numbers else []
        if private:
            if kind == "h" and 1049 in values:
                self._wipe()
        elif kind == "m":
            self.colours |= any(30 <= value < 50 or 90 <= value < 108 for value in values)
        else:
            self._move(kind, values)

    def _move(self, kind: str, values: list[int]) -> None:
        count = max(1, values[0]) if values else 1
        match kind:
            case "A":
                self._row = max(0, self._row - count)
            case "B":
                self._row = min(self.rows - 1, self._row + count)
            case "C":
                self._column = min(self.columns - 1, self._column + count)
            case "D":
                self._column = max(0, self._column - count)
            case "G":
                self._column = min(self.columns, count) - 1
            case "H":
                self._row = min(self.rows, count) - 1
                self._column = min(self.columns, values[1] if len(values) > 1 else 1) - 1
            case "J":
                self._erase(values[0] if values else 0)
            case "K":
                self._cells[self._row][self._column :] = [" "] * (self.columns - self._column)
            case _:
                pass  # colours and modes

    def _erase(self, what: int) -> None:
        if what == 2:
            self._cells = [[" "] * self.columns for _ in range(self.rows)]
            return
        self._cells[self._row][self._column :] = [" "] * (self.columns - self._column)
        for row in range(self._row + 1, self.rows):
            self._cells[row] = [" "] * self.columns
