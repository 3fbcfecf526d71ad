"""One write for each connection and two turns of the loop, and never another order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from omefree.engine.gather import CONNECTIONS_MAX, FRAMES_MAX, LARGE_BYTES, Gather


class Writer:
    """A transport that keeps each write."""

    def __init__(self, after: Callable[[], None] = lambda: None) -> None:
        self.writes: list[bytes] = []
        self.closing = False
        self.after = after

    def is_closing(self) -> bool:
        return self.closing

    def write(self, data: bytes) -> None:
        assert not self.closing
        self.writes.append(data)
        self.after()


async def turn() -> None:
    """Until what the loop had to do by now, and in the turn after that, is done."""
    done = asyncio.Event()
    asyncio.get_running_loop().call_soon(done.set)
    await done.wait()


async def test_what_two_turns_have_for_a_connection_is_one_write() -> None:
    gather, one, two = Gather(), Writer(), Writer()
    for frame in (b"a", b"b", b"c"):
        gather.add(one, frame)
        gather.add(two, frame.upper())
    await asyncio.sleep(0)  # one turn
    gather.add(one, b"d")
    assert one.writes == two.writes == []
    await turn()
    assert (one.writes, two.writes) == ([b"abcd"], [b"ABC"])


async def test_what_comes_later_is_another_write() -> None:
    gather, writer = Gather(), Writer()
    for frame in (b"a", b"b"):
        gather.add(writer, frame)
        await turn()
    assert writer.writes == [b"a", b"b"]


@pytest.mark.parametrize("size", [1, LARGE_BYTES + 1])
async def test_no_more_waits_than_a_bound(size: int) -> None:
    gather, writer = Gather(), Writer()
    sent = b""
    for number in range(10 * FRAMES_MAX):
        frame = bytes([number % 256]) * size
        gather.add(writer, frame)
        sent += frame
        assert len(sent) - len(b"".join(writer.writes)) <= FRAMES_MAX * LARGE_BYTES
    await turn()
    assert b"".join(writer.writes) == sent


async def test_many_connections_do_not_wait_for_each_other() -> None:
    """What a relay has just read is written while it is still in the processor's cache."""
    gather, writers = Gather(), [Writer() for _ in range(CONNECTIONS_MAX + 1)]
    for writer in writers:
        gather.add(writer, b"x")
    assert [writer.writes for writer in writers] == [[b"x"]] * CONNECTIONS_MAX + [[]]
    await turn()
    assert all(writer.writes == [b"x"] for writer in writers)


async def test_what_follows_by_another_way_comes_behind() -> None:
    gather, writer = Gather(), Writer()
    gather.add(writer, b"a")
    gather.flush(writer)
    writer.write(b"close")
    gather.flush(writer)
    await turn()
    assert writer.writes == [b"a", b"close"]


async def test_a_connection_that_is_cut_gets_nothing_and_the_others_all() -> None:
    gather, one, two, three = Gather(), Writer(), Writer(), Writer()
    for writer in (one, two, three):
        gather.add(writer, b"a")
    one.closing = True
    gather.drop(two)
    await turn()
    assert (one.writes, two.writes, three.writes) == ([], [], [b"a"])


async def test_one_whose_write_makes_it_send_more_loses_nothing() -> None:
    """As does a partner that hears that a slow reader is gone."""
    gather = Gather()
    other = Writer()
    writer = Writer(after=lambda: gather.add(other, b"%d" % len(other.writes)))
    gather.add(other, b"first")
    gather.add(writer, b"a")
    await turn()
    await turn()
    assert (writer.writes, other.writes) == ([b"a"], [b"first", b"1"])
