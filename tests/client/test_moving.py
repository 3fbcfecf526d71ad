"""A connection that goes over to a second link while the first one stands: no word is lost, doubled or out of order."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from itertools import combinations
from typing import TypeAlias

import pytest

from omefree.client import Ended, LinkBack, LinkLost, Matched, Online, Partner
from omefree.client import connection as connecting
from omefree.client import retry as retrying
from omefree.client.address import read_address
from omefree.client.connection import Connection
from omefree.client.packets import MaybeReply, Reply
from omefree.contract import events
from omefree.contract.codes import Code
from omefree.errors import ConnectError
from tests.client.people import GUARD_S, hears
from tests.client.scripted_server import CONNECTED, welcome
from tests.client.test_link import matched
from tests.client.wires import OK, Wire, Wires, enter, number, searches
from tests.until import lasting, until

CHATTING = '{"state":"chatting","chat":"c","partner":"here"}'
NOW = '42["moving",{"after_s":0}]'
LATER = '42["moving",{"after_s":1e300}]'
RESUMED = welcome("new", CHATTING)
CLOSE = "close"

Step: TypeAlias = tuple[Wire, str]


class Person:
    """The owner of a connection: what it hears, one line each, and the connection's own state."""

    def __init__(self) -> None:
        self.wires = Wires()
        self.heard_all: list[str] = []
        self.connection = Connection(read_address("http://127.0.0.1"), None, self, self.wires.make)

    async def comes(self) -> Wire:
        entering = asyncio.create_task(self.connection.open())
        wire = await self.wires.next()
        await wire.greets(welcome("old"))
        await entering
        self.heard_all.clear()
        return wire

    async def moves(self, wire: Wire) -> Wire:
        """The second link, whose CONNECT the server has yet to answer."""
        wire.hears(NOW)
        second = await self.wires.next()
        assert await second.asked_in() == '40{"v":1,"resume":"old"}'
        self.heard_all.clear()
        return second

    def says(self, text: str) -> asyncio.Future[MaybeReply]:
        return self.connection.ask_now(events.Message("c", text))

    # --- Owner

    def heard(self, event: events.ServerEvent) -> None:
        match event:
            case events.Welcome(args):
                self.heard_all.append("welcome" if args.resumed else "fresh")
            case events.Message(_, data):
                self.heard_all.append(data)
            case _:
                self.heard_all.append(type(event).__name__.lower())

    def lost(self, retry_in_s: float, code: Code | None) -> None:
        self.heard_all.append(f"lost {code}")

    def over(self, why: Exception) -> None:
        self.heard_all.append(f"over {why}")


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrying, "FIRST_S", 0.01)


@pytest.fixture
async def ana() -> AsyncIterator[Person]:
    person = Person()
    async with asyncio.timeout(GUARD_S):
        yield person
    await person.connection.close()


def word(text: str) -> str:
    return f'42["message","c","{text}"]'


def play(steps: Iterator[Step]) -> None:
    for wire, packet in steps:
        if packet == CLOSE:
            wire.gone(None)
        else:
            wire.hears(packet)


def merged(first: list[Step], second: list[Step], places: tuple[int, ...]) -> Iterator[Step]:
    """One order of all steps in which those of each link keep their own; `places` are those of the first."""
    a, b = iter(first), iter(second)
    for place in range(len(first) + len(second)):
        yield next(a if place in places else b)


def asked(wire: Wire) -> list[str]:
    """The texts that were asked over the link since the last look."""
    return [packet.rsplit('"', 2)[1] for packet in wire.said() if packet.startswith("42")]


# --- order


@pytest.mark.parametrize("places", list(combinations(range(8), 3)))
async def test_what_the_old_link_says_comes_first_in_whatever_order_it_travels(
    ana: Person, places: tuple[int, ...]
) -> None:
    old = await ana.comes()
    new = await ana.moves(old)
    before = [(old, word("1")), (old, word("2")), (old, CLOSE)]
    after = [(new, each) for each in (CONNECTED, RESUMED, matched("c"), word("3"), word("4"))]
    play(merged(before, after, places))
    assert ana.heard_all == ["1", "2", "welcome", "matched", "3", "4"]
    assert not new.is_closed
    assert new.is_read


@pytest.mark.parametrize("places", list(combinations(range(4), 2)))
async def test_each_question_is_asked_once_of_the_server_that_answers_it(ana: Person, places: tuple[int, ...]) -> None:
    """The first was answered, the second crossed the move, the others came whenever."""
    old = await ana.comes()
    new = await ana.moves(old)
    answers = [ana.says("a"), ana.says("b")]
    first = await old.says("42")
    assert asked(old) == ["b"]
    before, after = [(old, f"43{number(first)}{OK}"), (old, CLOSE)], [(new, CONNECTED), (new, RESUMED)]
    to_old: list[str] = []
    for place, (wire, packet) in enumerate(merged(before, after, places)):
        play(iter([(wire, packet)]))
        answers.append(ana.says(f"c{place}"))
        to_old += asked(old)
    again = [packet for packet in new.said() if packet.startswith("42")]
    texts = [packet.rsplit('"', 2)[1] for packet in again]
    assert texts == ["b", "c0", "c1", "c2", "c3"], "in order, and those that the old link never answered, too"
    assert to_old == texts[1 : 1 + len(to_old)], "until the old link closed, or the new one was welcome"
    new.hears(*(f"43{number(each)}{OK}" for each in again))
    assert [reply and reply.ok for reply in await asyncio.gather(*answers)] == [True] * 6


async def test_nothing_is_asked_of_the_old_link_after_the_new_welcome(ana: Person) -> None:
    old = await ana.comes()
    new = await ana.moves(old)
    ana.says("a")
    assert asked(old) == ["a"]
    new.hears(CONNECTED, RESUMED)
    ana.says("b")
    searching = asyncio.create_task(ana.connection.ask(events.Find(events.Criteria("text"))))
    await asyncio.sleep(0)
    assert (asked(old), asked(new)) == ([], [])
    assert not new.is_read, "what follows waits at the server"
    old.gone(None)
    assert asked(new) == ["a", "b"]
    find = await new.says("42")
    assert '"find"' in find
    new.hears(f"43{number(find)}{OK}")
    assert (await searching).ok


async def test_an_old_link_that_does_not_close_is_waited_for_and_then_left(
    ana: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connecting, "LAST_WORDS_S", 0.05)
    old = await ana.comes()
    new = await ana.moves(old)
    reply = ana.says("a")
    new.hears(CONNECTED, RESUMED, word("2"))
    old.hears(word("1"))
    await until(lambda: "2" in ana.heard_all, "it goes on", GUARD_S)
    assert ana.heard_all == ["1", "welcome", "2"]
    assert old.is_closed
    old.hears(word("late"))
    old.gone(None)
    assert ana.heard_all[3:] == []
    new.hears(f"43{number(await new.says('42'))}{OK}")
    assert (await reply) == Reply(ok=True)


# --- a second link that fails


@pytest.mark.parametrize("how", ["draining", "closed", "unreachable"])
async def test_the_old_link_serves_on_when_the_second_fails_and_it_is_tried_again(ana: Person, how: str) -> None:
    old = await ana.comes()
    if how == "unreachable":
        ana.wires.refusal = ConnectError("busy", "", code="full")
    old.hears(NOW)
    second = await ana.wires.next()
    ana.wires.refusal = None
    if how != "unreachable":
        await second.asked_in()
        play(iter([(second, CLOSE if how == "closed" else '44{"message":"","data":{"code":"draining"}}')]))
    third = await ana.wires.next()
    reply = ana.says("a")
    old.hears(word("1"), f"43{number(await old.says('42'))}{OK}")
    assert (await reply) == Reply(ok=True)
    await third.greets(RESUMED)
    old.gone(None)
    assert ana.heard_all == ["moving", "1", "welcome"]


@pytest.mark.parametrize("code", ["version", "paused"])
async def test_a_server_that_lets_us_in_no_more_is_not_asked_again_while_the_old_link_stands(
    ana: Person, code: str
) -> None:
    old = await ana.comes()
    new = await ana.moves(old)
    new.hears(f'44{{"message":"","data":{{"code":"{code}"}}}}')
    await until(lambda: new.is_closed, "it is given up", GUARD_S)
    old.hears(word("1"))
    assert (ana.heard_all, ana.wires.count) == (["1"], 2)
    old.gone(None)
    assert ana.heard_all == ["1", "lost None"]
    third = await ana.wires.next()
    await third.asked_in()
    third.hears(f'44{{"message":"","data":{{"code":"{code}"}}}}')
    await until(lambda: len(ana.heard_all) == 3, "it is over", GUARD_S)
    assert ana.heard_all[2].startswith("over")


async def test_a_second_link_that_breaks_right_after_its_welcome_is_a_lost_one(ana: Person) -> None:
    old = await ana.comes()
    new = await ana.moves(old)
    reply = ana.says("a")
    new.hears(CONNECTED, RESUMED, word("1"))
    new.gone(None)
    assert ana.heard_all == ["welcome", "1", "lost None"]
    assert await reply is None
    assert await (await ana.wires.next()).asked_in() == '40{"v":1,"resume":"new"}'


# --- an old link that breaks meanwhile


async def test_a_second_link_that_takes_too_long_after_the_old_one_broke_is_a_reconnect(
    ana: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connecting, "QUIET_S", 0.05)
    old = await ana.comes()
    new = await ana.moves(old)
    reply = ana.says("a")
    old.gone(None)
    later = ana.says("b")
    assert ana.heard_all == [], "most often the new welcome is a moment away"
    await until(lambda: "lost None" in ana.heard_all, "it is told", GUARD_S)
    assert (await reply, await later, await ana.says("c")) == (None, None, None)
    new.hears(CONNECTED, RESUMED, word("1"))
    assert ana.heard_all == ["lost None", "welcome", "1"]
    assert (asked(new), ana.wires.count) == ([], 2)


async def test_a_second_link_that_fails_after_the_old_one_broke_is_followed_by_others(
    ana: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then nothing waits for it any more: what comes next is not given up when its time would have been over."""
    monkeypatch.setattr(connecting, "QUIET_S", 0.05)
    old = await ana.comes()
    new = await ana.moves(old)
    reply = ana.says("a")
    old.gone(None)
    new.hears('44{"message":"","data":{"code":"full"}}')
    await until(lambda: ana.heard_all == ["lost full"], "it is told", GUARD_S)
    assert await reply is None
    third = await ana.wires.next()
    await third.greets(RESUMED)
    await until(lambda: ana.heard_all == ["lost full", "welcome"], "it is back", GUARD_S)
    await lasting(0.1)
    third.hears(word("1"))
    assert ana.heard_all == ["lost full", "welcome", "1"]


async def test_a_lost_place_is_told_and_nothing_is_asked_again(ana: Person) -> None:
    old = await ana.comes()
    new = await ana.moves(old)
    reply = ana.says("a")
    new.hears(CONNECTED, welcome("new"))
    old.gone(None)
    assert ana.heard_all == ["fresh"]
    assert (await reply, asked(new)) == (None, [])


async def test_a_lost_place_ends_the_old_one_if_that_still_stands(ana: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connecting, "LAST_WORDS_S", 0.05)
    old = await ana.comes()
    new = await ana.moves(old)
    new.hears(CONNECTED, welcome("new"))
    assert await old.says("41") == "41"
    assert ana.heard_all == ["fresh"]


# --- when to move


@pytest.mark.parametrize("after_s", ['"soon"', "null", "[]", "{}", "true"])
async def test_a_moving_that_says_nothing_is_passed_over(ana: Person, after_s: str) -> None:
    old = await ana.comes()
    old.hears(f'42["moving",{{"after_s":{after_s}}}]', '42["moving"]', word("1"))
    assert (ana.heard_all, ana.wires.count) == (["1"], 1)


@pytest.mark.parametrize("after_s", ["-1", "-1e300", "0", "1e-300"])
async def test_a_move_that_is_due_begins_at_once(ana: Person, after_s: str) -> None:
    old = await ana.comes()
    old.hears(f'42["moving",{{"after_s":{after_s}}}]')
    assert await (await ana.wires.next()).asked_in() == '40{"v":1,"resume":"old"}'


async def test_no_server_can_put_a_move_off_for_long(ana: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connecting, "MOVE_MAX_S", 0.05)
    old = await ana.comes()
    old.hears(LATER)
    assert await (await ana.wires.next()).asked_in() == '40{"v":1,"resume":"old"}'


async def test_the_earliest_plan_counts_and_a_move_under_way_is_not_begun_again(
    ana: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(random, "random", lambda: 0.999)
    old = await ana.comes()
    old.hears(LATER, NOW, LATER)
    new = await ana.wires.next()
    old.hears(NOW, LATER)
    for _ in range(3):
        await asyncio.sleep(0)  # a move that begins now opens its link in these turns
    assert ana.wires.count == 2
    await new.greets(RESUMED)
    old.hears(NOW)
    old.gone(None)
    assert ana.heard_all == ["moving"] * 6 + ["welcome"]
    new.hears(NOW)
    assert await (await ana.wires.next()).asked_in() == '40{"v":1,"resume":"new"}', "the third link is of the next move"


async def test_a_move_that_is_planned_when_the_link_breaks_is_needless(ana: Person) -> None:
    old = await ana.comes()
    old.hears(LATER, '42["ended","c","drained"]')
    old.gone(None)
    second = await ana.wires.next()
    await second.greets(RESUMED)
    second.hears(word("1"))
    assert ana.heard_all == ["moving", "ended", "lost None", "welcome", "1"]
    assert ana.wires.count == 2


async def test_from_node_to_node(ana: Person) -> None:
    wire = await ana.comes()
    wire.hears(NOW)
    for count in range(5):
        following = await ana.wires.next()
        await following.greets(RESUMED, word(f"{count}"), NOW)
        wire.gone(None)
        wire = following
    assert [each for each in ana.heard_all if each.isdigit()] == ["0", "1", "2", "3", "4"]
    assert "lost None" not in ana.heard_all


# --- the end


async def test_who_leaves_while_the_second_link_opens_says_so_over_both(ana: Person) -> None:
    """Nobody knows which of the two has the place: the server that has it ends the session."""
    old = await ana.comes()
    new = await ana.moves(old)
    waiting = ana.says("a")
    closing = asyncio.create_task(ana.connection.close())
    assert await old.says("41") == "41"
    assert new.sent.empty(), "it is not known there yet"
    new.hears(CONNECTED, RESUMED)
    assert await new.says("41") == "41"
    await closing
    assert await waiting is None
    assert old.is_closed
    assert new.is_closed
    assert ana.heard_all == []


async def test_who_leaves_between_the_links_says_so_over_both(ana: Person) -> None:
    old = await ana.comes()
    new = await ana.moves(old)
    new.hears(CONNECTED, RESUMED)
    waiting = ana.says("a")
    await ana.connection.close()
    assert (old.said()[-1], new.said()) == ("41", ["41"])
    assert await waiting is None


async def test_who_leaves_at_the_new_welcome_hears_nothing_more(ana: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    old = await ana.comes()
    new = await ana.moves(old)
    new.hears(CONNECTED, RESUMED, word("1"))

    def leave(event: events.ServerEvent) -> None:
        ana.heard_all.append("heard")
        ana.connection.shut()

    monkeypatch.setattr(ana, "heard", leave)
    old.gone(None)
    new.hears(word("2"))
    assert ana.heard_all == ["heard"]
    assert await ana.says("a") is None


async def test_who_leaves_before_the_move_never_moves(ana: Person) -> None:
    old = await ana.comes()
    old.hears(NOW)
    await ana.connection.close()
    await asyncio.sleep(0)
    assert (old.said()[-1], ana.wires.count) == ("41", 1)


# --- a whole visitor


async def test_a_visitor_in_a_chat_notices_nothing_of_a_move() -> None:
    wires = Wires()
    visitor, old = await enter(wires)
    await searches(visitor, old)
    old.hears(matched("c"), NOW)
    await hears(visitor, Matched)
    new = await wires.next()
    await new.greets(RESUMED, matched("c"))
    visitor.say("waits for the seal, which the move does not disturb")
    old.hears('42["partner","c","away"]')
    old.gone(None)
    new.hears('42["online",7]')
    told = [await visitor.next_event() for _ in range(4)]
    assert [type(event) for event in told] == [Partner, Online, Partner, Online]
    assert visitor.chat == "c"
    hello = await new.says("42")
    assert '"signal"' in hello, "which the old server had not answered"
    await visitor.close()


async def test_a_leave_that_crosses_a_move_is_said_once() -> None:
    wires = Wires()
    visitor, old = await enter(wires)
    await searches(visitor, old)
    old.hears(matched("c"), NOW)
    await hears(visitor, Matched)
    new = await wires.next()
    await new.asked_in()
    leaving = asyncio.create_task(visitor.leave())
    await until(lambda: any("leave" in packet for packet in old.said()), "it is said", GUARD_S)
    new.hears(CONNECTED, RESUMED, matched("c"))
    old.gone(None)
    asked_again = [packet for packet in new.said() if "leave" in packet]
    assert len(asked_again) == 1
    new.hears(f"43{number(asked_again[0])}{OK}")
    async with asyncio.timeout(GUARD_S):
        await leaving
    assert visitor.chat is None
    assert not any("leave" in packet for packet in new.said())
    await visitor.close()


async def test_a_search_that_crosses_a_move_goes_on_once() -> None:
    wires = Wires()
    visitor, old = await enter(wires)
    old.hears(NOW)
    new = await wires.next()
    await new.asked_in()
    finding = asyncio.create_task(visitor.find())
    await old.says("42")
    old.gone(None)
    new.hears(CONNECTED, welcome("new", '{"state":"idle"}'))
    find = await new.says("42")
    new.hears(f"43{number(find)}{OK}")
    async with asyncio.timeout(GUARD_S):
        await finding
    assert new.sent.empty()
    await visitor.close()


async def test_a_chat_whose_place_was_lost_in_a_move_is_broken() -> None:
    wires = Wires()
    visitor, old = await enter(wires)
    await searches(visitor, old)
    old.hears(matched("c"), NOW)
    await hears(visitor, Matched)
    new = await wires.next()
    await new.greets(welcome("new"))
    old.gone(None)
    told = [await visitor.next_event() for _ in range(2)]
    assert [type(event) for event in told] == [Online, Ended]
    assert not any(isinstance(event, LinkLost | LinkBack) for event in told)
    assert visitor.chat is None
    await visitor.close()
