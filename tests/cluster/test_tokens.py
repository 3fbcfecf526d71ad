"""Tokens of other nodes, shown by hand (design: test 10): one seat whatever is done with one, nothing for others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from itertools import cycle
from pathlib import Path

import pytest
import pytest_asyncio

from omefree.contract import events
from tests.cluster.call import GUARD_S, People, talk
from tests.cluster.run import Run, running
from tests.until import lasting, until

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def run(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Run]:
    """Three nodes for all. Whoever comes leaves before the next test."""
    async with running(tmp_path_factory.mktemp("tokens"), "abc", "valkey") as made:
        yield made
        for node in made.cluster.nodes.values():
            assert [line for line in node.lines if "level=error" in line or "Traceback" in line] == []


@pytest_asyncio.fixture(loop_scope="module")
async def people(run: Run) -> AsyncIterator[People]:
    made = People(run.cluster.doors)
    yield made
    await made.leave()


async def test_a_token_that_is_shown_at_several_nodes_at_once_gives_one_seat(people: People) -> None:
    visitor, partner, chat = await people.pair("a", "b")
    nodes = cycle(["bc", "ac", "ab", "abc", "aabbcc", "cc", "aab"])
    for _ in range(14):
        token = visitor.token
        calls = await asyncio.gather(*(people.try_to_come(tag, token) for tag in next(nodes)))
        visitor = await people.survivor([visitor, *calls])
        assert visitor.welcome.resumed == events.Resumed("chatting", chat, "here")
        await talk(visitor, partner, chat, "after many")
    assert partner.all_of(events.Partner) == []
    assert partner.all_of(events.Ended) == []


async def test_a_token_comes_to_another_node_and_home_at_once_after_a_break(people: People) -> None:
    visitor, partner, chat = await people.pair("a", "a")
    for tags in ("ab", "bc", "ca", "abc"):
        token = visitor.token
        visitor.break_link()
        calls = await asyncio.gather(*(people.try_to_come(tag, token) for tag in tags))
        visitor = await people.survivor(calls)
        await until(lambda: partner.all_of(events.Partner)[-1].state == "back", "it is back", GUARD_S)
        await talk(visitor, partner, chat, "after a break")
    assert partner.all_of(events.Ended) == []


async def test_a_token_is_good_once(people: People) -> None:
    """The one before is void as soon as the visitor has said something after its move, at each node."""
    before, partner, chat = await people.pair("a", "b")
    visitor = await people.come("c", before.token)
    await talk(visitor, partner, chat, "moved")
    for tag in "abc":
        stranger = await people.come(tag, before.token)
        assert stranger.welcome.resumed is None
        await stranger.leave()
    await talk(visitor, partner, chat, "still here")


async def test_an_idle_and_a_searching_visitor_move(people: People) -> None:
    idle = await people.come("a")
    moved = await people.come("b", idle.token)
    assert moved.welcome.resumed == events.Resumed("idle")
    await until(lambda: idle.is_over, "the old link is closed", GUARD_S)
    await moved.finds()
    await moved.hears(events.Searching)
    again = await people.come("a", moved.token)
    assert again.welcome.resumed == events.Resumed("searching")
    told = await again.hears(events.Searching)
    assert 0 < told.args.since_s < GUARD_S, "it has kept its place in time"
    partner = await people.come("b")
    await partner.finds()
    await talk(again, partner, await again.matched(), "met")


@pytest.mark.parametrize("moves", ["first", "second", "both"])
async def test_who_has_moved_after_a_chat_may_have_the_partner_again(people: People, moves: str) -> None:
    a, b, chat = await people.pair("a", "b")
    assert await a.asks(events.Leave(chat)) == ""
    await b.hears(events.Ended)
    if moves != "second":
        a = await people.come("c", a.token)
    if moves != "first":
        b = await people.come("a", b.token)
    for each in (a, b):
        assert await each.asks(events.Again(chat)) == ""
    await talk(a, b, await a.matched(chat), "again")


@pytest.mark.parametrize("moves", ["reporter", "reported"])
async def test_who_has_moved_after_a_chat_may_report_it_and_the_two_are_kept_apart(people: People, moves: str) -> None:
    a, b, chat = await people.pair("a", "b")
    assert await b.asks(events.Leave(chat)) == ""
    await a.hears(events.Ended)
    if moves == "reporter":
        a = await people.come("c", a.token)
    else:
        b = await people.come("c", b.token)
    assert await a.asks(events.Report(chat, "spam")) == ""
    assert await a.asks(events.Again(chat)) == "chat_over"
    for each in (a, b):
        await each.finds()
    other = await people.come("b")
    await other.finds()
    met = await other.matched()
    await until(lambda: met in (a.chat, b.chat), "one has met it", GUARD_S)
    one = a if a.chat == met else b
    await talk(one, other, met, "not the reported one")


async def test_a_pause_goes_along(people: People) -> None:
    reported, chat = await people.come("a", host="127.0.0.9"), ""
    for number in range(4):
        reporter = await people.come("b", host=f"127.0.{number + 1}.1")
        for each in (reported, reporter):
            await each.finds()
        chat = await reported.matched(chat)
        await talk(reported, reporter, chat, "hello")
        await lasting(1.1)  # a shorter chat does not count
        assert await reporter.asks(events.Report(chat, "spam")) == ""
        await reported.hears(events.Ended, number + 1)
        await reporter.leave()
    assert await reported.asks(events.Find(events.Criteria("text"))) == "paused"
    moved = await people.come("b", reported.token)
    assert moved.welcome.paused
    assert await moved.asks(events.Find(events.Criteria("text"))) == "paused"


async def test_quotas_go_along(tmp_path: Path) -> None:
    async with running(tmp_path, "ab", "valkey", "--quota-scale", "1") as run:
        people = People(run.cluster.doors)
        a, b, chat = await people.pair("a", "b")
        for _ in range(3):
            assert await a.asks(events.Ice()) == ""
        assert await a.asks(events.Ice()) == "rate_limited"
        moved = await people.come("b", a.token)
        assert await moved.asks(events.Ice()) == "rate_limited"
        await talk(moved, b, chat, "within the quotas")
