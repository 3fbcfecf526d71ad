"""Imports go down the layers, never up: the table of ARCHITECTURE.md, checked."""

import ast
import functools
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import omefree

SOURCE = Path(omefree.__file__).parent

# PURE: no clock, no chance, no I/O. What a rule needs of these comes in as an argument.
IMPURE = {
    *("asyncio", "concurrent", "contextvars", "datetime", "fcntl", "getpass", "http", "io", "logging", "mmap"),
    *("multiprocessing", "os", "pathlib", "platform", "queue", "random", "sched", "secrets", "select", "selectors"),
    *("signal", "socket", "socketserver", "ssl", "subprocess", "tempfile", "threading", "time", "urllib", "uuid"),
    "zoneinfo",
}
BOTTOM = {"", "clock", "errors", "contract"}  # "": the package itself, for its version


class Rule(NamedTuple):
    """What a layer may import: layers of ours, packages of others, and whether it is PURE."""

    ours: set[str]
    others: frozenset[str] | set[str] = frozenset()
    pure: bool = False


FACE = {
    *(
        "",
        "__main__",
        "auditing",
        "cli",
        "cluster",
        "config",
        "deploy",
        "doctor",
        "ending",
        "examining",
        "http",
        "launch",
        "listening",
    ),
    *(
        "draining",
        "logs",
        "metrics",
        "operator",
        "preflight",
        "printing",
        "server",
        "serving",
        "settings",
        "textfile",
        "workers",
    ),
}
BELOW_FACE = {
    *(
        "chat",
        "exchange",
        "engine",
        "net",
        "nodes",
        "matching",
        "guard",
        "wire",
        "privacy",
        "seal",
        "client",
        "terminal",
    ),
    *("simulate", "audit", "load", "process", "words"),
}
TERMINAL = {"terminal", "client", "seal", "guard", "words"} | BOTTOM
RULES: dict[str, Rule] = {
    **dict.fromkeys(
        FACE,
        Rule(
            FACE | BELOW_FACE | BOTTOM,
            {"cryptography", "jinja2", "msgspec", "starlette", "structlog", "typer", "uvloop"},
        ),
    ),
    "draining": Rule(BOTTOM, pure=True),
    "metrics": Rule({"metrics", "logs", "http", "chat", "engine", "guard", "privacy"} | BOTTOM, {"msgspec"}),
    "metrics.exposition": Rule({"metrics", "guard", "privacy"}, {"prometheus_client"}),
    "deploy.coturn": Rule({"net"} | BOTTOM, {"msgspec"}, pure=True),
    **dict.fromkeys(
        ("doctor.finding", "doctor.public", "doctor.relay", "doctor.machine", "doctor.report"),
        Rule({"doctor", "audit", "net", "privacy", "terminal"} | BOTTOM, {"msgspec"}, pure=True),
    ),
    "chat": Rule({"chat", "exchange", "matching", "guard", "engine", "wire"} | BOTTOM, {"msgspec"}),
    "chat.states": Rule(BOTTOM, pure=True),
    "exchange": Rule({"exchange", "nodes", "matching"} | BOTTOM, {"msgspec"}),
    "exchange.sealing": Rule(set(), {"cryptography"}),
    "exchange.servers": Rule({"exchange"} | BOTTOM, {"redis"}),
    "exchange.line": Rule({"exchange"} | BOTTOM, {"hiredis"}),
    "engine": Rule({"engine", "wire", "clock", "errors"}, {"msgspec"}),
    "engine.http_connection": Rule({"engine", "wire", "clock", "errors"}, {"uvicorn", "httptools"}),
    "engine.port": Rule({"engine"}, {"uvicorn"}),
    "engine.parser": Rule({"errors"}, {"picows"}),
    "client": Rule({"client", "wire", "seal"} | BOTTOM, {"msgspec"}),
    "client.http": Rule(set(), {"h11"}),
    "client.websocket": Rule({"client", "errors", "contract"}, {"msgspec", "picows"}),
    "audit": Rule({"audit", "client", "privacy", "seal", "wire", "guard", "words"} | BOTTOM, {"msgspec", "h11"}),
    **dict.fromkeys(
        ("audit.check", "audit.headers", "audit.report"),
        Rule({"audit", "privacy", "words"} | BOTTOM, {"msgspec"}, pure=True),
    ),
    "audit.browser": Rule({"audit", "privacy"} | BOTTOM, {"msgspec", "playwright"}),
    "terminal": Rule(TERMINAL, {"msgspec"}, pure=True),
    **dict.fromkeys(("terminal.wrap", "terminal.view"), Rule(TERMINAL, {"prompt_toolkit"}, pure=True)),  # widths
    **dict.fromkeys(("terminal.screen", "terminal.program", "terminal.command"), Rule(TERMINAL, {"prompt_toolkit"})),
    "simulate": Rule({"simulate", "matching", "guard", "drawing"} | BOTTOM, {"msgspec", "rustworkx", "typer"}),
    **dict.fromkeys(("simulate.picture", "simulate.abuse.picture"), Rule({"simulate", "drawing"}, {"matplotlib"})),
    "load": Rule({"load", "client", "seal", "wire", "drawing"} | BOTTOM, {"msgspec", "typer", "uvloop"}),
    "load.polling": Rule({"load", "client", "wire", "errors"}, {"h11", "msgspec"}),
    **dict.fromkeys(
        ("load.schedule", "load.histogram", "load.results", "load.report", "load.sizing"),
        Rule({"load"} | BOTTOM, {"msgspec"}, pure=True),
    ),
    "load.picture": Rule({"load", "drawing"}, {"matplotlib"}),
    "drawing": Rule({"errors"}, {"matplotlib"}),
    "doctor.allocation": Rule({"doctor", "net", "errors"}, {"aioice"}),
    "process": Rule({"process"}),
    "process.hardening": Rule({"process", "privacy"}),
    "net": Rule({"net", "contract"}),
    "nodes": Rule({"nodes", "matching"} | BOTTOM, {"msgspec"}, pure=True),
    "matching": Rule({"matching"} | BOTTOM, {"msgspec"}, pure=True),
    "guard": Rule({"guard"} | BOTTOM, {"msgspec"}, pure=True),
    "wire": Rule({"wire", "errors"}, {"msgspec"}, pure=True),
    "seal": Rule({"seal", "guard"} | BOTTOM, {"msgspec", "cryptography"}, pure=True),
    "privacy": Rule({"privacy", "words", "guard"} | BOTTOM, {"msgspec"}, pure=True),
    "words": Rule({"words"}, {"babel"}),
    "words.text": Rule(set(), {"msgspec"}, pure=True),
    "words.negotiation": Rule(set(), pure=True),
    "contract": Rule({"contract"}, {"msgspec"}, pure=True),
    "clock": Rule(set(), pure=True),
    "errors": Rule({"contract", "words"}, pure=True),
}


def imports(source: str) -> Iterator[str]:
    """Every module that the source imports, wherever in it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports name the package"
            here = str(node.module)
            yield from ((f"{here}.{alias.name}" for alias in node.names) if here == "omefree" else [here])


def layer_of(module: str) -> str:
    """The first part of its name, but for a module with rules of its own; "" for a name that the package holds."""
    if module in RULES:
        return module
    first = module.partition(".")[0]
    return "" if first.startswith("__") else first


def breaches(module: str, source: str) -> list[str]:
    """What in the source of `module` (without `omefree.`) breaks the rules."""
    layer = layer_of(module)
    if layer not in RULES:
        return [f"{module}: no rule says what {layer} may import"]
    rule = RULES[layer]
    return [f"{module} imports {name}" for name in imports(source) if not allowed(rule, name)]


def allowed(rule: Rule, name: str) -> bool:
    top, _, rest = name.partition(".")
    if top == "omefree":
        return layer_of(rest).partition(".")[0] in rule.ours
    if top in sys.stdlib_module_names:
        return not (rule.pure and top in IMPURE)
    return top in rule.others


@functools.cache
def modules() -> dict[str, Path]:
    found = {}
    for path in sorted(SOURCE.rglob("*.py")):
        parts = path.relative_to(SOURCE).with_suffix("").parts
        found[".".join(part for part in parts if part != "__init__")] = path
    return found


@pytest.mark.parametrize("module", modules())
def test_imports_go_down(module: str) -> None:
    assert breaches(module, modules()[module].read_text()) == []


def imported(module: str) -> set[str]:
    """The modules of ours that one imports, also those that it imports for their types alone."""
    ours = modules()
    lines = [node for node in ast.walk(ast.parse(ours[module].read_text())) if isinstance(node, ast.ImportFrom)]
    names = [f"{line.module}.{alias.name}".removeprefix("omefree.") for line in lines for alias in line.names]
    return {name if name in ours else name.rpartition(".")[0] for name in names} & ours.keys() - {module}


def circle(graph: dict[str, set[str]]) -> list[str]:
    """Some modules that import each other, in a circle; none if there is no circle."""
    left = dict(graph)
    while ends := left.keys() - set().union(*left.values()) | {name for name in left if not left[name] & left.keys()}:
        for module in ends:
            del left[module]
    return sorted(left)


def test_no_modules_import_each_other_in_a_circle() -> None:
    """A circle for types alone counts, too: two files that need each other are one."""
    assert circle({module: imported(module) for module in modules()}) == []


def test_a_circle_is_found() -> None:
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": set()}) == ["b", "c"]


def test_no_layer_may_use_a_package_that_it_does_not_use() -> None:
    used: dict[int, set[str]] = {id(rule): set() for rule in RULES.values()}  # some layers share a rule
    for module, path in modules().items():
        used[id(RULES[layer_of(module)])] |= {name.partition(".")[0] for name in imports(path.read_text())}
    idle = {layer: rule.others - used[id(rule)] for layer, rule in RULES.items()}
    assert {layer: packages for layer, packages in idle.items() if packages} == {}


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("matching.lobby", "import time"),
        ("matching.lobby", "from random import choice"),
        ("matching.lobby", "import os.path"),
        ("matching.lobby", "from omefree.engine.session import Session"),
        ("matching.lobby", "from omefree import server"),
        ("matching.lobby", "def f():\n    import asyncio"),
        ("matching.lobby", "import structlog"),
        ("wire.engineio", "import logging"),
        ("wire.engineio", "from omefree.guard import quota"),
        ("contract.events", "from omefree.guard.quota import Bucket"),
        ("guard.quota", "from omefree.seal.pace import Pace"),
        ("seal.handshake", "import secrets"),
        ("seal.channel", "from omefree.wire import socketio"),
        ("engine.session", "from omefree.chat.chat import Chat"),
        ("engine.session", "import uvicorn"),
        ("engine.session", "if TYPE_CHECKING:\n    import picows"),
        ("engine.http_connection", "import omefree.matching"),
        ("engine.http_connection", "import starlette"),
        ("exchange.memory", "from omefree.engine.engine import Engine"),
        ("chat.chat", "from omefree.config import Config"),
        ("chat.chat", "from omefree.http import gate"),
        ("net.stun", "from omefree.http.gate import HttpGate"),
        ("client.link", "import picows"),
        ("client.visitor", "from omefree.matching.lobby import Lobby"),
        ("client.visitor", "from omefree.terminal import words"),
        ("terminal.update", "import asyncio"),
        ("terminal.model", "import prompt_toolkit"),
        ("terminal.program", "import picows"),
        ("server", "import uvicorn"),
        ("server", "from picows.picows import WSProtocol"),
        ("engine.connection", "from picows import WSListener"),
        ("server", "import requests"),
        ("utils", "import json"),
    ],
)
def test_a_breach_is_found(module: str, source: str) -> None:
    assert len(breaches(module, source)) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("matching.lobby", "from collections.abc import Callable\nimport msgspec"),
        ("matching.lobby", "from omefree.contract.limits import QUOTAS"),
        ("engine.http_connection", "import uvicorn"),
        ("engine.parser", "from picows import WSListener"),
        ("server", "from omefree.engine import http_connection\nfrom omefree import __version__"),
        ("chat.chat", "from omefree import __version__"),
        ("seal.pace", "from omefree.guard.quota import Bucket"),
        ("cli", "import typer\nfrom omefree import logs, server"),
        ("client.websocket", "import picows, asyncio, ssl"),
        ("terminal.view", "from prompt_toolkit.utils import get_cwidth"),
        ("terminal.program", "import asyncio\nfrom omefree.client import Visitor"),
        ("errors", "from omefree.contract.codes import Code"),
    ],
)
def test_what_goes_down_is_allowed(module: str, source: str) -> None:
    assert breaches(module, source) == []
