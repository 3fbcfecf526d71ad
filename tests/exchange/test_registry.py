"""The registry: registry.lua in real servers, and the one in memory that other tests use. Both do the same."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import NamedTuple, TypeAlias

import pytest
import pytest_asyncio

from omefree.exchange.address import parse_url
from omefree.exchange.connection import Connection
from omefree.exchange.registry import KEYS
from omefree.exchange.wire import Answer, Beat, Leader, Refusal
from omefree.nodes.roster import LEASE_S
from tests.clock import FakeClock
from tests.exchange.conftest import MakeEngine
from tests.exchange.memory_wire import MemoryRegistry

Ask: TypeAlias = Callable[[Beat, str], Awaitable[Answer | Refusal]]


class Registry(NamedTuple):
    """`ask` sends a `beat` or a `bye`; `passes` lets time pass; `flush` empties it."""

    ask: Ask
    passes: Callable[[float], Awaitable[object]]
    flush: Callable[[], Awaitable[object]]

    async def beat(self, tag: str, boot: str = "1", **more: object) -> Answer:
        answer = await self.ask(beat(tag, boot, **more), "beat")
        assert isinstance(answer, Answer)
        return answer

    async def refusal(self, tag: str, boot: str = "1", **more: object) -> Refusal:
        answer = await self.ask(beat(tag, boot, **more), "beat")
        assert not isinstance(answer, Answer)
        return answer

    async def bye(self, tag: str, boot: str = "1", **more: object) -> None:
        await self.ask(beat(tag, boot, **more), "bye")


def beat(tag: str, boot: str, **more: object) -> Beat:
    usual: dict[str, object] = {"version": 1, "secrets": ("s",), "may_lead": True, "online": 0, "seen": {"video": 0}}
    return Beat(tag, boot, **(usual | more))  # type: ignore[arg-type]


def in_memory() -> Registry:
    clock = FakeClock()
    kept = MemoryRegistry(clock)

    async def ask(beat: Beat, what: str) -> Answer | Refusal:
        if what == "bye":
            kept.bye(beat)
            return "engine"
        return kept.beat(beat)

    async def passes(seconds: float) -> None:
        clock.advance(seconds)

    async def flush() -> None:
        kept.flush()

    return Registry(ask, passes, flush)


@pytest_asyncio.fixture(params=["memory", "valkey", "redis"])
async def registry(request: pytest.FixtureRequest, start_engine: MakeEngine) -> AsyncIterator[Registry]:
    if request.param == "memory":
        yield in_memory()
        return
    engine = await start_engine(request.param)
    connection = await Connection.open(parse_url(engine.url), "test")
    yield Registry(connection.ask, asyncio.sleep, lambda: engine.ask("FLUSHALL"))
    connection.close()


async def test_it_knows_who_is_there_and_how_many_visitors(registry: Registry) -> None:
    await registry.beat("a", "1", online=3)
    answer = await registry.beat("b", "2", online=4)
    assert answer.nodes == {"a": "1", "b": "2"}
    assert answer.online == 7
    await registry.bye("a", "1")
    assert (await registry.beat("b", "2", online=4)).online == 4


async def test_a_lease_ends(registry: Registry) -> None:
    await registry.beat("a", "1")
    assert (await registry.beat("b")).leaders == {"video": Leader("a", 1)}
    await registry.passes(LEASE_S + 0.1)
    answer = await registry.beat("b")
    assert answer.nodes == {"b": "1"}
    assert answer.leaders == {"video": Leader("b", 2)}
    assert answer.age_s >= LEASE_S
    assert (await registry.beat("a", "9")).nodes == {"a": "9", "b": "1"}


async def test_a_leader_stays_and_its_epoch_too(registry: Registry) -> None:
    for _ in range(3):
        assert (await registry.beat("a")).leaders == {"video": Leader("a", 1)}


async def test_each_pool_has_its_leader_and_its_epoch(registry: Registry) -> None:
    seen: Mapping[str, int] = {"video": 0, "text": 6}
    answer = await registry.beat("a", seen=seen)
    assert answer.leaders == {"video": Leader("a", 1), "text": Leader("a", 7)}


async def test_epochs_only_grow_whatever_the_registry_has_lost(registry: Registry) -> None:
    await registry.beat("a", seen={"video": 7})
    await registry.flush()
    assert (await registry.beat("b", seen={"video": 3})).leaders == {"video": Leader("b", 4)}
    assert (await registry.beat("a", seen={"video": 8})).leaders == {"video": Leader("b", 4)}
    assert (await registry.beat("b", seen={"video": 8})).leaders == {"video": Leader("b", 9)}


async def test_who_may_not_lead_does_not(registry: Registry) -> None:
    assert (await registry.beat("a", may_lead=False)).leaders == {}
    await registry.beat("b")
    await registry.bye("b")
    assert (await registry.beat("a", may_lead=False)).leaders == {}


async def test_a_leader_that_leaves_names_who_leads_least(registry: Registry) -> None:
    await registry.beat("a", seen={"video": 0})
    await registry.beat("b", seen={"text": 0})
    await registry.beat("c", seen={})
    await registry.bye("a", seen={"video": 0, "text": 0})
    answer = await registry.beat("d", seen={"video": 0, "text": 0})
    assert answer.leaders == {"video": Leader("c", 2), "text": Leader("b", 1)}


async def test_a_leader_that_is_about_to_leave_gives_its_pools_away_with_its_next_beat(registry: Registry) -> None:
    pools = {"video": 0, "text": 0}
    await registry.beat("a", seen=pools)
    await registry.beat("b", seen={})
    await registry.beat("c", seen={})
    answer = await registry.beat("a", seen=pools, leaves=True, online=2)
    assert answer.leaders == {"video": Leader("b", 2), "text": Leader("c", 2)}
    assert answer.nodes.keys() == {"a", "b", "c"}, "it has its lease"
    assert answer.online == 2
    assert answer.leaving == {"a"}
    assert (await registry.beat("b", seen=pools)).leaving == {"a"}
    assert (await registry.beat("a", seen=pools, leaves=True)).leaders == answer.leaders


async def test_who_is_about_to_leave_leads_on_while_nobody_else_can_and_takes_nothing_more(registry: Registry) -> None:
    await registry.beat("a")
    await registry.beat("b", may_lead=False)
    assert (await registry.beat("a", leaves=True)).leaders == {"video": Leader("a", 1)}
    await registry.beat("c", leaves=True)
    assert (await registry.beat("a", leaves=True)).leaders == {"video": Leader("a", 1)}
    await registry.passes(LEASE_S + 0.1)
    assert (await registry.beat("c", leaves=True)).leaders == {}
    assert (await registry.beat("b")).leaders == {"video": Leader("b", 2)}


async def test_nobody_who_is_about_to_leave_is_named_by_one_who_leaves(registry: Registry) -> None:
    await registry.beat("a")
    await registry.beat("b", leaves=True)
    await registry.beat("c", "3")
    await registry.bye("a")
    assert (await registry.beat("c", "3")).leaders == {"video": Leader("c", 2)}


async def test_a_leader_that_starts_again_under_its_tag_has_another_epoch(registry: Registry) -> None:
    await registry.beat("a", "1")
    await registry.bye("a", "1", may_lead=False)
    assert (await registry.beat("a", "2")).leaders == {"video": Leader("a", 2)}


async def test_a_tag_has_one_node(registry: Registry) -> None:
    await registry.beat("a", "1")
    assert await registry.refusal("a", "2") == "taken"
    await registry.bye("a", "2")
    assert (await registry.beat("b")).nodes == {"a": "1", "b": "1"}


@pytest.mark.parametrize("secrets", [("x",), ("x", "s"), ("s2", "s")])
async def test_a_node_that_would_not_be_understood_is_refused(registry: Registry, secrets: tuple[str, ...]) -> None:
    await registry.beat("a", secrets=("s",))
    assert await registry.refusal("b", secrets=secrets) == "secret"
    assert (await registry.beat("c", secrets=("s", "x"))).nodes == {"a": "1", "c": "1"}


async def test_a_node_of_a_version_too_far_is_refused(registry: Registry) -> None:
    await registry.beat("a", version=2)
    assert await registry.refusal("b", version=4) == "version"
    assert await registry.refusal("b", version=0) == "version"
    await registry.beat("b", version=3)
    assert await registry.refusal("c", version=1) == "version"


async def test_a_registry_tells_its_age(registry: Registry) -> None:
    assert (await registry.beat("a")).age_s < 1
    await registry.passes(1)
    assert (await registry.beat("a")).age_s >= 1
    await registry.flush()
    assert (await registry.beat("a")).age_s < 1


@pytest.mark.parametrize("kind", ["valkey", "redis"])
async def test_what_others_wrote_there_does_no_harm(kind: str, start_engine: MakeEngine) -> None:
    """A lease that ends too late is from before the clock was set back; the rest is garbage."""
    engine = await start_engine(kind)
    for tag, entry in (("x", "9999999999999 1 1 1 5 s"), ("y", "garbage"), ("z", "")):
        await engine.ask("HSET", KEYS[0], tag, entry)
    await engine.ask("HSET", KEYS[1], "video", "7 1 x", "text", "garbage")
    connection = await Connection.open(parse_url(engine.url), "test")
    answer = await connection.ask(beat("a", "1", seen={"video": 0, "text": 0}))
    assert isinstance(answer, Answer)
    assert answer.nodes == {"a": "1"}
    assert answer.leaders == {"video": Leader("a", 8), "text": Leader("a", 1)}
    connection.close()


async def test_to_a_script_of_before_who_is_about_to_leave_may_not_lead(start_engine: MakeEngine) -> None:
    engine = await start_engine("valkey")
    connection = await Connection.open(parse_url(engine.url), "test")
    await connection.ask(beat("a", "1", leaves=True))
    entry = await engine.ask("HGET", KEYS[0], "a")
    assert re.fullmatch(r"\d+ \S+ \d+ \d \d+ \S+", entry), "it reads it"
    assert entry.split()[3] != "1"
    connection.close()


@pytest.mark.parametrize("kind", ["valkey", "redis"])
async def test_a_registry_that_began_in_the_future_begins_now(kind: str, start_engine: MakeEngine) -> None:
    """Its engine's clock was set back. Else it would be too young for hours to say that a node is gone."""
    engine = await start_engine(kind)
    await engine.ask("SET", KEYS[2], "9999999999999")
    connection = await Connection.open(parse_url(engine.url), "test")
    answer = await connection.ask(beat("a", "1"))
    assert isinstance(answer, Answer)
    assert answer.age_s == 0
    [seconds, micros] = await engine.ask("TIME")
    assert int(await engine.ask("GET", KEYS[2])) <= int(seconds) * 1000 + int(micros) // 1000
    connection.close()
