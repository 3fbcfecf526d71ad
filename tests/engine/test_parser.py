"""The parser that all connections share: however their frames come, each connection gets its own, in order."""

import asyncio
from collections.abc import Iterator
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omefree.engine.parser import BUFFER_BYTES, Parser, Parsers
from tests.engine.raw import BINARY, CLOSE, CONTINUATION, PING, TEXT, frame

FRAME_MAX = 65_536
Heard = list[tuple[object, ...]]

frames = st.tuples(
    st.sampled_from([TEXT, BINARY, CONTINUATION, PING]),
    st.one_of(st.integers(0, 125), st.sampled_from([126, 700, 6_900, BUFFER_BYTES, 20_000])),
)


class Reader:
    """A connection's end of the parsers, as connection.py is."""

    def __init__(self, parsers: Parsers) -> None:
        self.heard: Heard = []
        self._parsers = parsers
        self._own: Parser | None = None

    def read(self, data: bytes) -> None:
        while data:
            parser = self._own or self._parsers.first
            size = min(len(data), len(parser.view))
            parser.view[:size], data = data[:size], data[size:]
            if parser.feed(size, self):
                if self._own is not None:
                    self._own = None
                    self._parsers.take_back(parser)
            elif self._own is None:
                self._own = self._parsers.lend()

    def text(self, data: bytes) -> None:
        self.heard.append((TEXT, True, data))

    def frame(self, opcode: int, fin: bool, data: bytes) -> None:
        self.heard.append((opcode, fin, data))

    def ping(self, payload: bytes) -> None:
        self.heard.append((PING, True, payload))

    def peer_closed(self, code: int | None) -> None:
        self.heard.append((CLOSE, code))

    def fail(self, code: int) -> None:
        self.heard.append(("failed", code))


def said(number: int, kinds: list[tuple[int, int]]) -> Heard:
    """What one connection sends: each frame with bytes of its own."""
    return [(kind, True, bytes([65 + (number + at) % 26]) * min(size, 125 if kind == PING else size))
            for at, (kind, size) in enumerate(kinds)]  # fmt: skip


def cut(stream: bytes, at: list[float]) -> Iterator[bytes]:
    places = sorted({0, len(stream), *(int(place * len(stream)) for place in at)})
    return (stream[start:end] for start, end in pairwise(places))


@given(
    st.lists(st.tuples(st.lists(frames, max_size=5), st.lists(st.floats(0, 1), max_size=6)), min_size=1, max_size=4),
    st.randoms(use_true_random=False),
)
def test_whatever_is_cut_wherever_each_connection_hears_its_own_frames(
    plans: list[tuple[list[tuple[int, int]], list[float]]], chance: Random
) -> None:
    async def run() -> None:
        parsers = Parsers(FRAME_MAX)
        readers = [Reader(parsers) for _ in plans]
        expected = [said(number, kinds) for number, (kinds, _) in enumerate(plans)]
        waiting = []
        for reader, sent, (_, places) in zip(readers, expected, plans, strict=True):
            stream = b"".join(frame(kind, data) for kind, _, data in sent)  # type: ignore[arg-type]
            waiting.append((reader, list(cut(stream, places))))
        while waiting := [each for each in waiting if each[1]]:
            reader, parts = chance.choice(waiting)
            reader.read(parts.pop(0))
        assert [reader.heard for reader in readers] == expected

    asyncio.run(run())


@pytest.mark.parametrize("bad", [frame(3, b""), frame(TEXT, b"x", mask=None), frame(TEXT, b"x", rsv=4)])
async def test_who_breaks_the_protocol_disturbs_nobody_else(bad: bytes) -> None:
    parsers = Parsers(FRAME_MAX)
    broken, healthy = Reader(parsers), Reader(parsers)
    broken.read(bad)
    broken.read(frame(TEXT, b"never heard"))
    healthy.read(frame(TEXT, b"heard"))
    assert broken.heard == [("failed", 1002)]
    assert healthy.heard == [(TEXT, True, b"heard")]


async def test_behind_a_close_frame_nothing_is_heard() -> None:
    parsers = Parsers(FRAME_MAX)
    leaving, other = Reader(parsers), Reader(parsers)
    leaving.read(frame(CLOSE, b"\x03\xe8"))
    leaving.read(frame(TEXT, b"never heard"))
    other.read(frame(TEXT, b"heard"))
    assert leaving.heard == [(CLOSE, 1000)]
    assert other.heard == [(TEXT, True, b"heard")]
