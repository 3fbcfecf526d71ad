"""gone-at-leave: after a leave nothing of a visitor is in the server, neither in an object nor in freed memory.

At the object level tests/chat/test_nothing_left.py looks at every way to end and everything one can be doing; here a
server is a process of its own, and the whole of its memory is searched (Linux; root, for it hides from its own user).
"""

import gc
import json
import ssl
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.chat.fake_chat import BY_TEXT, Client, FakeChat
from tests.chat.nodes import Nodes
from tests.chat.test_nothing_left import ENDS
from tests.clock import FakeClock
from tests.exchange.memory_wire import MemoryEngine
from tests.privacy.leavers import Leaver, Server, arrive, chat, interest, is_alone, remains, running
from tests.test_server import make_certificate

VISITORS = 60
POLLS = 20  # of them by long-polling
SOME = 12  # of whom the memory is searched while they are here: enough to see that the search bites
CHURN = 60  # others who come, chat and leave
# Of how many of them something may be left (docs/privacy-residue.md).
CEILING = 0
# While they are here.
HELD = {"address", "interest", "common 0", "language", "commit", "sid", "socket", "chat"}
PASSING = {
    "forwarded",
    "packed",
    "agent",
    "query",
    "token",
    "text",
    "signal",
}  # as long as it takes to read, to hash, to pass on

Count = dict[str, int]  # of how many visitors something of this kind was found


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
async def test_of_those_who_left_no_byte_remains(tmp_path: Path, tls: bool, capsys: pytest.CaptureFixture[str]) -> None:
    flags, trust = certificate(tmp_path) if tls else ([], None)
    async with running(tmp_path, *flags, tls=trust) as server:
        during, after, later = await visit(server)
    with capsys.disabled():
        table(during, after, later)
    assert HELD <= during.keys() <= HELD | PASSING, "the search bites"
    assert {kind: count for kind, count in after.items() if count > CEILING} == {}, "right after they have left"
    assert later == {}, "when others have come and gone"


async def test_the_same_search_finds_all_of_it_where_nothing_is_overwritten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with running(tmp_path, PYTHONMALLOC="default") as server:
        during, after, later = await visit(server)
    with capsys.disabled():
        table(during, after, later)
    assert after.keys() >= HELD
    assert after.keys() & PASSING


async def visit(server: Server) -> tuple[Count, Count, Count]:
    """What is found of some visitors who are here, of all when they have left, and when others have left, too."""
    leavers = await arrive(server, VISITORS, polls=POLLS)
    some = leavers[:: VISITORS // SOME]
    for leaver in leavers:
        await leaver.find(interest())
    during = await remains(server, some)  # criteria are dropped at a match
    await chat(leavers)
    during |= await remains(server, some)
    await leave(server, leavers)
    after = await remains(server, leavers)
    others = await arrive(server, CHURN, polls=POLLS)
    await chat(others)
    await leave(server, others)
    return during, after, await remains(server, leavers)


async def test_nothing_remains_of_two_who_met_alone_however_long_what_they_were_told(tmp_path: Path) -> None:
    """Where nobody else is, nothing comes to lie over what two have left."""
    async with running(tmp_path) as server:
        for shared in range(1, 10):
            pair = await arrive(server, 2, polls=0)
            await chat(pair, shared)
            await leave(server, pair)
            assert await remains(server, pair) == {}, f"{shared} interests of both"


async def test_whoever_stays_keeps_nothing_of_the_other(tmp_path: Path) -> None:
    """But for what the two share: the chat's number, of which a report may still speak."""
    async with running(tmp_path) as server:
        people = await arrive(server, 12, polls=4)
        await chat(people)
        gone, stay = people[::2], people[1::2]
        for leaver in gone:
            await leaver.leave()
        for other in stay:
            assert await other.hears("ended") == "left"
        assert await remains(server, gone) == {"chat": len(gone)}
        await leave(server, stay)


async def leave(server: Server, leavers: list[Leaver]) -> None:
    for leaver in leavers:
        await leaver.leave()
    await is_alone(server)


def table(during: Count, after: Count, later: Count) -> None:
    print(f"\nof {VISITORS} visitors ({SOME} here; all just left; and {CHURN} others came and went):")  # noqa: T201
    for kind in sorted(HELD | PASSING):
        print(f"  {kind:10} {during.get(kind, 0):3} {after.get(kind, 0):3} {later.get(kind, 0):3}")  # noqa: T201


def certificate(folder: Path) -> tuple[list[str], ssl.SSLContext]:
    cert, key = folder / "cert.pem", folder / "key.pem"
    make_certificate(cert, key)
    return ["--tls-cert", str(cert), "--tls-key", str(key)], ssl.create_default_context(cafile=cert)


@pytest.mark.parametrize("end", ENDS)
def test_no_object_names_who_has_left(end: Callable[[FakeChat, Client], None]) -> None:
    """Nor does one that the partner holds."""
    fake_chat = FakeChat()
    a, b = fake_chat.pair(BY_TEXT)
    visitor = fake_chat.visitor(a)
    mine = {visitor.id, a.token, a.session.sid}
    a.emit("message", a.chat, "a text of its own")
    del visitor
    end(fake_chat, a)
    fake_chat.pass_time(6)
    server = [fake_chat.engine, fake_chat.presence, fake_chat.exchange]
    a.greeting, a.heard = {}, []
    left = json.dumps(reachable(server), default=repr)
    assert [name for name in mine if name in left] == []
    assert b.is_open


@pytest.mark.parametrize("case", ["", "reported", "after the cooldown", "under the next leader", "killed"])
@pytest.mark.parametrize(("mine", "other"), [(0, 0), (0, 1), (1, 0), (1, 1), (1, 2)])  # the first node leads
def test_no_object_of_any_node_names_who_has_left(mine: int, other: int, case: str) -> None:
    """Nor if the partner searches, and whoever leads keeps the two apart."""
    nodes = Nodes("abc")
    a, b = nodes.pair(mine, other)
    gone = nodes[mine].visitor(a).id
    b.emit(*(("report", b.chat, "spam") if case in ("reported", "killed") else ("leave",)))
    b.emit("find", BY_TEXT)
    nodes.clock.advance(61 if case == "after the cooldown" else 0)
    assert named(nodes, gone)
    if case == "killed" and mine != other:
        nodes.nodes.pop(mine).die()
        nodes.clock.advance(130)
    else:
        a.disconnect()
        nodes.clock.advance()
    a.greeting, a.heard = {}, []
    if case == "under the next leader" and mine and other:
        nodes.nodes.pop(0).die()
        nodes.clock.advance(5)
    assert not named(nodes, gone)


def named(nodes: Nodes, visitor: str) -> list[str]:
    """Where the id of a visitor stands."""
    roots: list[object] = [
        part for node in nodes.nodes for part in (node.engine, node.presence, node.cluster, node.chats)
    ]
    return [text for text in reachable(roots) if visitor in text]


@pytest.mark.parametrize("end", ENDS)
def test_of_the_reported_and_the_reporter_a_number_under_a_keyed_hash_is_left_for_4_h_at_most(
    end: Callable[[FakeChat, Client], None],
) -> None:
    fake_chat = FakeChat()
    a, b = fake_chat.pair(BY_TEXT)
    keys = {fake_chat.visitor(client).key for client in (a, b)}
    fake_chat.pass_time(2)
    a.emit("report", a.chat, "spam")
    for client in (a, b):
        end(fake_chat, client)
    fake_chat.pass_time(40)
    assert fake_chat.holds() == {"records": len(keys)}
    kept = reachable([fake_chat.records])
    assert {key for key in keys if str(key) in kept} == keys
    assert [name for name in (a.token, a.chat, a.address, b.address) if any(name in text for text in kept)] == []
    fake_chat.pass_time(4 * 3600 - 45)
    assert fake_chat.holds() == {}


def reachable(roots: list[object]) -> list[str]:
    """Every text that objects lead to, those of the test and of other packages apart."""
    others = [vars(module) for name, module in sys.modules.items() if name.partition(".")[0] != "omefree"]
    found, seen, todo = [], set(map(id, others)), list(roots)
    while todo:
        each = todo.pop()
        if id(each) in seen or isinstance(each, type | Client | FakeClock | MemoryEngine):
            continue
        seen.add(id(each))
        if isinstance(each, str | bytes):
            found.append(str(each))
        todo.extend(gc.get_referents(each))
    return found
