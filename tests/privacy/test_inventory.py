"""What the server holds, answers and says, found by introspection and compared with the inventory.

The proof of the claims no-account, only-this and online-count: the tests are named for them.
"""

import ast
import importlib
import pkgutil
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum
from functools import lru_cache, partial
from ipaddress import ip_address
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, NamedTuple, get_args

import msgspec
import pytest
import uvloop
from msgspec import Struct
from msgspec import inspect as shapes
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import ASGIApp

import omefree
from omefree.chat import visitor
from omefree.config import Config
from omefree.contract import events
from omefree.engine.engine import Engine
from omefree.engine.options import EngineOptions
from omefree.engine.polling import Polling
from omefree.http.app import SOCKET_IO, build_app
from omefree.http.gate import HttpGate
from omefree.privacy import loggable
from omefree.privacy.inventory import DATA, EVENTS, READ, ROUTES
from omefree.server import health
from omefree.wire.engineio import Handshake
from tests.chat.nodes import Node, Nodes
from tests.clock import FakeClock
from tests.engine.fakes import Asked, FakeHandler
from tests.http.asgi import ask
from tests.privacy import crowd, fields, held

SOURCE = Path(omefree.__file__).parent
LIVE = (
    "chat",
    "engine",
    "exchange",
    "guard",
    "http",
    "matching",
    "metrics",
    "net",
    "nodes",
)  # whose objects a running server holds
HOW = """
Say what it is: a datum of the visitor's (src/omefree/privacy/inventory.py, which is what the policy tells people)
or a part of the machinery, with the reason (tests/privacy/fields.py)."""


class Seen(held.Held):
    """What the server held, and what it had given out. `many`: the classes of which a process has several objects."""

    secrets: list[str]
    many: set[type]


async def look(page: Path) -> Seen:
    async with crowd.town(page) as here:
        await crowd.settle(here)
        found = Seen()
        held.walk(here.serving, into=found)
        found.secrets = here.secrets
    nodes = several()
    parts = [part for node in nodes for part in (node.cluster, node.bus, node.chats)]
    found.many = many(found.counts, of=1) | many(held.walk(*parts).counts, of=len(nodes))
    held.walk(*parts, into=found)
    return found


def many(counts: Mapping[type, int], of: int) -> set[type]:
    """The classes of which `of` processes have more objects than one each."""
    return {kind for kind, count in counts.items() if count > of}


def several() -> list[Node]:
    """Nodes with visitors in every state that needs two: chatting, promised, after a chat, asking for it again."""
    nodes = Nodes("abc")
    for one, two in ((0, 1), (1, 2)):
        nodes.pair(one, two)
    a, b = nodes.pair(0, 2)
    a.emit("report", a.chat, "spam")
    b.emit("again", b.chat)
    for node in nodes.nodes:
        node.arrive().emit("find", {"mode": "video", "interests": [node.tag], "patience_s": None})
    mover, _ = nodes.pair(0, 1)
    nodes[2].arrive(address=mover.address, resume=mover.token)
    speaker, _ = nodes.pair(1, 2)
    nodes.clock.advance(2.0)
    speaker.emit("message", speaker.chat, "on its way: not yet acknowledged")
    return nodes.nodes


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """A server with visitors in every state, looked at once."""
    return uvloop.run(look(tmp_path_factory.mktemp("page")))


def compare(found: Iterable[str], declared: Iterable[str], what: str) -> None:
    """Fails with what to do if the two differ."""
    new, gone = sorted(set(found) - set(declared)), sorted(set(declared) - set(found))
    told = [f"\nNot in the inventory, though {what} it:", *new, HOW] if new else []
    told += [f"\nIn the inventory, though nothing {what} it any more:", *gone] if gone else []
    if told:
        pytest.fail("\n  ".join(told), pytrace=False)


def of_visitors(found: Iterable[str]) -> set[str]:
    """Without what is frozen since the start."""
    return {name for name in found if name.rpartition(".")[0] not in fields.SETTINGS}


# --- what is held -------------------------------------------------------------------------------------------------


def test_no_account_every_field_that_is_held_is_declared(seen: Seen) -> None:
    compare(of_visitors(seen.fields), fields.fields(), "holds")


def test_no_account_every_field_has_one_place() -> None:
    twice = {name: where for name, where in (fields.fields() | fields.events()).items() if len(where) > 1}
    assert twice == {}


def test_every_class_is_met_or_passes(seen: Seen) -> None:
    """A holder that the visitors of crowd.py never reach would escape the walk: it has to be said why."""
    defined = {held.name_of(kind) for kind in live_classes()}
    assert defined - seen.classes == set(fields.PASSING), "extend tests/privacy/crowd.py, or fields.PASSING"


def live_classes() -> set[type]:
    """Those whose objects have something in them; what is raised is dropped as soon as it is caught."""
    found = {kind for module in live_modules() for kind in vars(module).values() if isinstance(kind, type)}
    ours = {kind for kind in found if held.is_ours(kind) and kind.__module__.split(".")[1] in LIVE}
    return set(filter(has_content, ours))


def live_modules() -> list[ModuleType]:
    found = [pkgutil.walk_packages([str(SOURCE / package)], f"omefree.{package}.") for package in LIVE]
    return [importlib.import_module(module.name) for package in found for module in package]


def has_content(kind: type) -> bool:
    if getattr(kind, "_is_protocol", False) or issubclass(kind, Enum | BaseException | str | bytes):
        return False
    return issubclass(kind, Struct) or bool(vars(kind).get("__slots__")) or kind.__init__ is not object.__init__


def test_the_settings_are_frozen() -> None:
    for name in fields.SETTINGS:
        module, _, kind = name.rpartition(".")
        found = getattr(importlib.import_module(f"omefree.{module}"), kind)
        assert issubclass(found, Struct)
        assert found.__struct_config__.frozen


def test_whatever_there_are_many_of_has_room_for_nothing_else(seen: Seen) -> None:
    """Structs and slots, so that no attribute can be set that no class lists; uvicorn's protocol cannot be such."""
    of_data = {name.rpartition(".")[0] for datum in DATA for name in datum.fields}
    loose = {held.name_of(kind) for kind in seen.many if kind.__dictoffset__}
    assert loose & of_data == {"engine.http_connection.HttpProtocol"}


def of_modules() -> held.Held:
    """What outlives the server's task: globals, class attributes, caches."""
    modules = [module for name, module in sys.modules.items() if name == "omefree" or name.startswith(held.OURS)]
    classes = {each for module in modules for each in vars(module).values() if isinstance(each, type)}
    return held.walk(*(value for owner in (*modules, *classes) for value in vars(owner).values()))


def test_no_module_keeps_a_visitor(seen: Seen) -> None:
    left = of_modules()
    assert left.counts.keys() & {visitor.VisitorRecord, Engine, HttpGate} == set()
    planted = (crowd.INTEREST, crowd.WORDS, crowd.PEER, crowd.FORWARDED, crowd.AGENT, crowd.COMMIT, *seen.secrets)
    assert {value: left.holders(value) for value in planted if left.holders(value)} == {}


# What was planted, and the data under which it may lie. What is read or answered at this moment lies in a coroutine.
MAY_LIE = {
    crowd.PEER: {"address", "request"},
    crowd.FORWARDED: {"request"},
    crowd.AGENT: {"request"},
    crowd.HEADER: {"request"},
    crowd.QUERY: {"request"},
    crowd.INTEREST: {"criteria", "chat", "connection"},
    crowd.COMMIT: {"criteria", "chat", "connection"},
    crowd.WORDS: {"sealed", "connection"},
}


@pytest.mark.parametrize("planted", MAY_LIE)
def test_a_planted_value_lies_only_where_the_inventory_says(seen: Seen, planted: str) -> None:
    places = fields.fields()
    holders = seen.holders(planted)
    assert {where: places.get(where) for where in holders if not MAY_LIE[planted] & set(places.get(where, []))} == {}
    assert seen.holders(planted), "the walk finds it at all"


def test_no_resume_token_is_kept(seen: Seen) -> None:
    tokens = [secret for secret in seen.secrets if len(secret.partition(".")[2]) == 32]
    assert len(tokens) > 10
    assert {token: seen.holders(token) for token in tokens if seen.holders(token)} == {}


# --- that it bites ------------------------------------------------------------------------------------------------


class VisitorRecord(visitor.VisitorRecord):
    """As if somebody had added a slot to ours."""

    __slots__ = ("email",)


def test_it_bites_a_new_slot(seen: Seen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(VisitorRecord, "__module__", visitor.VisitorRecord.__module__)
    found = held.walk(VisitorRecord("id")).fields
    with pytest.raises(pytest.fail.Exception) as failure:
        compare(seen.fields | found, seen.fields, "holds")
    lines = [line.strip() for line in str(failure.value).splitlines()]
    assert lines[2] == "chat.visitor.VisitorRecord.email"
    assert not lines[3], "and no other"


class Loose:
    """An object of another library."""

    def __init__(self, value: object) -> None:
        self.value = value


class Noted(NamedTuple):
    """As if it were one of ours."""

    address: str


HIDING: dict[str, Callable[[str], object]] = {
    "plainly": lambda value: value,
    "in a dict of lists": lambda value: {"a": [value.encode()]},
    "in another library's object": lambda value: Loose((Loose(value),)),
    "in a closure": lambda value: lambda: value,
    "in a partial": lambda value: partial(print, value),
    "in a generator": lambda value: (each for each in [value]),
    "as an address": ip_address,
}


@pytest.mark.parametrize("how", HIDING)
def test_it_bites_an_attribute_that_is_set_from_outside_wherever_its_value_lies(how: str) -> None:
    engine = Engine(EngineOptions(), FakeClock(), FakeHandler)
    setattr(engine, "noted", HIDING[how](crowd.PEER))  # noqa: B010 (our classes have no such attribute)
    found = held.walk(engine)
    assert "engine.engine.Engine.noted" in found.fields
    assert found.holders(crowd.PEER) == {"engine.engine.Engine.noted"}


def test_it_bites_a_named_tuple(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Noted, "__module__", visitor.VisitorRecord.__module__)
    assert held.walk(Noted(crowd.PEER)).holders(crowd.PEER) == {"chat.visitor.Noted.address"}


def test_it_bites_a_global_and_a_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    cached = lru_cache(lambda address: address)
    cached(crowd.PEER)
    monkeypatch.setattr(visitor, "cached", cached, raising=False)
    monkeypatch.setattr(visitor, "recent", [visitor.VisitorRecord(crowd.AGENT)], raising=False)
    left = of_modules()
    assert left.holders(crowd.PEER)
    assert left.holders(crowd.AGENT) == {"chat.visitor.VisitorRecord.id"}


def test_it_bites_a_new_field_of_an_event() -> None:
    class Find(events.Find, tag="find"):
        email: str

    with pytest.raises(pytest.fail.Exception, match=r"find\.email"):
        compare([*contract_fields(), *event_fields(Find)], fields.events(), "has")


# --- what is said -------------------------------------------------------------------------------------------------


def event_fields(*kinds: Any, of: str = "") -> Iterator[str]:
    """Every field of these events, as far down as there are any; without one, the event itself."""
    for kind in kinds:
        for shape in shapes.multi_type_info(get_args(kind) or (kind,)):
            yield from below(shape, of)


def below(shape: shapes.Type, at: str) -> Iterator[str]:
    match shape:
        case shapes.UnionType(types):
            for each in types:
                yield from below(each, at)
        case shapes.ListType(item) | shapes.VarTupleType(item) | shapes.DictType(value_type=item):
            yield from below(item, at)
        case shapes.Metadata(inner):
            yield from below(inner, at)
        case shapes.StructType(cls, inner):
            here = at or str(cls.__struct_config__.tag)
            for field in inner:
                yield from below(field.type, f"{here}.{field.encode_name}")
            if not inner:
                yield here
        case shapes.AnyType() | shapes.RawType():
            pytest.fail(f"{at} may hold anything")
        case shapes.NoneType():
            pass
        case _:
            yield at


def contract_fields() -> set[str]:
    return {
        *event_fields(events.VisitorEvent, events.ServerEvent),
        *event_fields(events.Ack, events.IceAck, of="ack"),
        *event_fields(events.Auth, of="connect"),
        *event_fields(events.ConnectErrorData, of="connect_error"),
        *event_fields(Handshake, of="open"),
        "connected.sid",  # engine/sockets.py, checked below
    }


def test_no_account_every_field_of_every_event_is_declared() -> None:
    compare(contract_fields(), fields.events(), "has")


def test_no_account_no_field_is_one() -> None:
    """What everybody would call an account, in whatever field."""
    words = {"account", "birth", "email", "login", "mail", "name", "nick", "nickname", "password", "phone", "user"}
    named = {name.rpartition(".")[2].lstrip("_") for name in {*fields.fields(), *fields.events()}}
    # `Socket.name` is that of a Socket.IO namespace, `Pool.name` is a mode.
    assert named & words == {"name"}
    assert [name for name in fields.fields() if name.endswith(".name")] == [
        "engine.sockets.Socket.name",
        "nodes.pool.Pool.name",
    ]


def test_the_answer_to_connect_is_the_sid_alone() -> None:
    [sent] = [node for node in ast.walk(ast.parse((SOURCE / "engine/sockets.py").read_text())) if is_answer(node)]
    assert ast.unparse(sent) == "{'sid': socket.sid}"


def is_answer(node: ast.AST) -> bool:
    return isinstance(node, ast.Dict) and any(ast.unparse(key) == "'sid'" for key in node.keys if key)


# --- what is done -------------------------------------------------------------------------------------------------


def tags(union: Any) -> set[str]:
    return {str(kind.__struct_config__.tag) for kind in get_args(union)}


def test_only_this_every_event_is_listed_with_what_it_is_for() -> None:
    listed = [name for names in EVENTS.values() for name in names]
    assert len(listed) == len(set(listed))
    compare(tags(events.VisitorEvent) | tags(events.ServerEvent), listed, "knows")


def test_only_this_every_route_of_the_running_server_is_listed(seen: Seen) -> None:
    [served] = seen.all_of(Starlette)
    assert all(type(route) is Route for route in served.routes), "no mount, no WebSocket route"
    compare([SOCKET_IO, *(route.path for route in served.routes)], [route.path for route in ROUTES], "answers")


METHODS = ("GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "POST")


@pytest.fixture
def app(tmp_path: Path) -> ASGIApp:
    """All that is served over HTTP, with nobody here."""
    (tmp_path / "index.html").write_text("<!doctype html><title>OmeFree</title>")
    return build_app(Config(static_dir=str(tmp_path)), dict)


@pytest.mark.parametrize("path", [route.path for route in ROUTES if route.methods == READ])
async def test_only_this_what_is_read_cannot_be_written(app: ASGIApp, path: str) -> None:
    answers = {method: await ask(app, path.replace("{path:path}", ""), method=method) for method in METHODS}
    assert {method for method, answer in answers.items() if answer.status != 405} == set(READ)


async def test_only_this_the_transport_takes_get_post_and_the_preflight() -> None:
    [route] = [route for route in ROUTES if route.methods != READ]
    engine = Engine(EngineOptions(), FakeClock(), FakeHandler)
    polling = Polling(engine)
    polling.serve(Asked())
    [sid] = engine.sessions
    taken = set()
    for method in METHODS:
        request = Asked(f"&sid={sid}", method=method)
        polling.serve(request)
        if not any(b"Bad handshake method" in answer for answer in request.answers):
            taken.add(method)
    assert taken == set(route.methods)


@pytest.mark.parametrize("path", ["/admin", "/metrics", "/api", "/login", "/stats", "/debug", "/socket.io/admin/"])
async def test_only_this_nothing_else_is_there(app: ASGIApp, path: str) -> None:
    assert (await ask(app, path)).status == 404


# --- the counter --------------------------------------------------------------------------------------------------


def test_online_count_is_a_number_and_nothing_else() -> None:
    [shape] = shapes.multi_type_info([events.Online])
    assert isinstance(shape, shapes.StructType)
    assert [(field.name, field.type) for field in shape.fields] == [("count", shapes.IntType())]
    assert msgspec.json.encode(events.Online(3)) == b'["online",3]'
    welcome = {field.name: field.type for field in shapes.type_info(events.WelcomeArgs).fields}  # type: ignore[attr-defined]
    assert welcome["online"] == shapes.IntType()


def test_online_count_in_the_health_answer_is_a_number_too() -> None:
    told = health(SimpleNamespace(leaving=False, counter=SimpleNamespace(shown=3)))  # type: ignore[arg-type]
    assert told == {"status": "ok", "version": omefree.__version__, "online": 3}


# --- what is logged or measured -----------------------------------------------------------------------------------


def test_nothing_of_a_visitor_may_be_logged() -> None:
    may_be = {datum.id for datum in DATA if datum.loggable}
    assert may_be == {"online"}, "one number for all"
    told = {kind.datum for kind in loggable.KEYS.values() if isinstance(kind, loggable.Number)}
    assert told - {None} <= may_be
    assert {key for keys in loggable.EVENTS.values() for key in keys} == set(loggable.KEYS)


METRICS = {"prometheus_client", "opentelemetry", "statsd", "sentry_sdk", "datadog", "ddtrace", "newrelic"}


def test_one_library_measures_and_one_file_uses_it() -> None:
    """All that this file tells, each label with its every value, is in privacy/measurable.py (tests/metrics/)."""
    project = tomllib.loads((SOURCE.parents[1] / "pyproject.toml").read_text())["project"]
    needed = {name.split(">")[0].split("=")[0].replace("-", "_") for name in project["dependencies"]}
    imported = {(name, path.stem) for path in SOURCE.rglob("*.py") for name in imports(path)}
    assert needed & METRICS == {"prometheus_client"}
    assert {use for use in imported if use[0] in METRICS} == {("prometheus_client", "exposition")}


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield str(node.module).partition(".")[0]
