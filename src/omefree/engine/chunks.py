"""Joins bytes that come in parts."""

PARTS_MAX = 32  # then they are joined: many tiny parts would take many times the size of their message


class Chunks:
    """The parts of one message, joined at its end.

    It is not one growing buffer: when such a buffer moves, nothing overwrites its old place.
    """

    __slots__ = ("_parts", "size")

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self.size = 0

    def add(self, part: bytes) -> None:
        """Adds a part; an empty one is ignored. `size` is in bytes."""
        if part:
            self._parts.append(part)
            self.size += len(part)
        if len(self._parts) == PARTS_MAX:
            self._parts = [b"".join(self._parts)]

    def whole(self) -> bytes:
        """All parts so far, joined."""
        return b"".join(self._parts)
