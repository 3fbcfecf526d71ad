"""A visitor comes to another node while its own stands still, or is dead (design: test 10)."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from omefree.contract import events
from tests.cluster.call import GUARD_S, People, talk
from tests.cluster.run import running
from tests.until import lasting, until

STALLED_S = 4.0  # longer than the lease: the others take it for gone


async def test_the_old_node_stands_still_and_goes_on_later(tmp_path: Path) -> None:
    """What the visitor has said to it meanwhile is not said a second time, nor later than what came after it."""
    async with running(tmp_path, "abc", "valkey") as run:
        people = People(run.cluster.doors)
        old, partner, chat = await people.pair("a", "b")
        run.cluster.stall("a")
        unheard = old.ask_soon(events.Message(chat, "into the void"))
        moved = await people.come("c", old.token)
        assert moved.welcome.resumed is not None
        assert moved.welcome.resumed.chat == chat
        await talk(moved, partner, chat, "meanwhile")
        run.cluster.wake("a")
        await talk(moved, partner, chat, "afterwards")
        await until(lambda: old.is_over, "the old link is closed", GUARD_S)
        await unheard  # a node that wakes up may take it, but it is too late for the partner
        assert "into the void" not in partner.texts()[1:]
        assert not partner.all_of(events.Ended)
        other = await people.come("a")
        await until(lambda: other.online == 3, "it is counted once", GUARD_S)
        await talk(moved, partner, chat, "in the end")
        await people.leave()


@pytest.mark.soak
async def test_the_old_node_stands_still_for_longer_than_its_lease(tmp_path: Path) -> None:
    async with running(tmp_path, "abc", "valkey") as run:
        people = People(run.cluster.doors)
        old, partner, chat = await people.pair("a", "b")
        run.cluster.stall("a")
        await lasting(STALLED_S)
        await partner.hears(events.Partner)
        moved = await people.come("b", old.token)
        await talk(moved, partner, chat, "meanwhile")
        run.cluster.wake("a")
        await until(lambda: old.is_over, "the old link is closed", GUARD_S)
        await talk(moved, partner, chat, "afterwards")
        assert [event.state for event in partner.all_of(events.Partner)] == ["away", "back"]
        assert not partner.all_of(events.Ended)
        await people.leave()


@pytest.mark.soak
async def test_two_who_were_together_on_a_dead_node_are_newcomers(tmp_path: Path) -> None:
    async with running(tmp_path, "ab", "valkey") as run:
        people = People(run.cluster.doors)
        one, other, _ = await people.pair("a", "a")
        run.cluster.kill("a")
        calls = [await people.come("b", call.token) for call in (one, other)]
        assert [call.welcome.resumed for call in calls] == [None, None]
        for call in calls:
            await call.finds()
        await talk(calls[0], calls[1], await calls[0].matched(), "anew")
        await people.leave()


async def test_the_same_tag_is_there_again_as_a_new_process(tmp_path: Path) -> None:
    """A visitor of the old one comes back to it: its chat goes on, by its partner's node."""
    async with running(tmp_path, "ab", "valkey") as run:
        people = People(run.cluster.doors)
        old, partner, chat = await people.pair("a", "b")
        run.cluster.kill("a")
        await run.cluster.start_node("a")
        moved = await people.come("a", old.token)
        assert moved.node == "a"
        await talk(moved, partner, chat, "at a new process")
        assert not partner.all_of(events.Ended)
        await people.leave()


async def test_a_visitor_whose_node_is_gone_is_found_where_it_has_moved_to(tmp_path: Path) -> None:
    """It has moved from a to b, and its client has not got the new token: a has ended since, and the partner knows."""
    async with running(tmp_path, "abc", "valkey", "--drain-s", "3", "--drain-notice-s", "0.5") as run:
        people = People(run.cluster.doors)
        old, partner, chat = await people.pair("a", "c")
        lost = await people.come("b", old.token)
        lost.break_link()
        await run.cluster.drain("a")
        assert await run.cluster.leaves("a") == 0
        moved = await people.come("c", old.token)
        await talk(moved, partner, chat, "found")
        await people.leave()


@pytest.mark.soak
async def test_a_second_signal_ends_a_node_that_drains(tmp_path: Path) -> None:
    async with running(tmp_path, "ab", "valkey", "--drain-s", "60") as run:
        people = People(run.cluster.doors)
        one, other, chat = await people.pair("a", "b")
        await run.cluster.drain("a")
        await talk(one, other, chat, "it drains")
        run.cluster.nodes["a"].send_signal(signal.SIGTERM)
        assert await run.cluster.leaves("a") == 0
        for call in (one, other):
            assert await call.hears(events.Ended) == events.Ended(chat, "drained")
        await people.leave()
