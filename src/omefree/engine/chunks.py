"""Bytes that come in parts."""

PARTS_MAX = 32  # kept apart: a message of many tiny ones must not cost many times its size


class Chunks:
    """Parts of one message, put together at its end.

    Not one buffer that grows: of one that moves as it grows, the old place is not overwritten.
    """

    __slots__ = ("_parts", "size")

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self.size = 0

    def add(self, part: bytes) -> None:
        if part:
            self._parts.append(part)
            self.size += len(part)
        if len(self._parts) == PARTS_MAX:
            self._parts = [b"".join(self._parts)]

    def whole(self) -> bytes:
        return b"".join(self._parts)
