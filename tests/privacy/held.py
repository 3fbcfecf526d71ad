"""Everything that a running server holds, found by walking through its objects.

The walk begins at the task that serves. It takes every reference that the garbage collector knows, with the variables
of suspended coroutines and the closures of functions. It does not enter what belongs to the whole interpreter: modules,
classes, loggers, the event loop.
"""

from __future__ import annotations

import contextvars
import gc
import logging
import types
import weakref
from asyncio import AbstractEventLoop
from collections import defaultdict
from collections.abc import Iterator
from enum import Enum
from ipaddress import IPv4Address, IPv6Address
from typing import Any

OURS = "omefree."
Leaf = str | bytes | bytearray | memoryview
LEAVES = (str, bytes, bytearray, memoryview)
CLOSED = (
    type, types.ModuleType, types.CodeType, types.FrameType, types.BuiltinFunctionType, contextvars.Context,
    AbstractEventLoop, logging.Filterer, logging.Manager, Enum, int, float, complex, type(None),
)  # fmt: skip
NOT_FIELDS = {"__weakref__", "__dict__"}


class Held:
    """What `walk` found. A field is named `module.Class.field`, without `omefree.`."""

    def __init__(self) -> None:
        self.counts: defaultdict[type, int] = defaultdict(int)  # instances of each of our classes
        self.fields: set[str] = set()
        self.leaves: list[tuple[str, Leaf]] = []  # each text with the field of ours, or the coroutine, that leads to it
        self.others: list[Any] = []  # objects of other libraries

    @property
    def classes(self) -> set[str]:
        return {name_of(kind) for kind in self.counts}

    def all_of(self, kind: type) -> list[Any]:
        return [each for each in self.others if isinstance(each, kind)]

    def holders(self, part: str) -> set[str]:
        """Where a text, or something that contains it, is held."""
        raw = part.encode()
        return {where for where, leaf in self.leaves if (part in leaf if isinstance(leaf, str) else raw in bytes(leaf))}


def walk(*roots: object, into: Held | None = None) -> Held:
    held = Held() if into is None else into
    seen: set[int] = set()
    keep: list[object] = []  # temporary objects stay until the end, so that no id is given out twice
    queue: list[tuple[str, object]] = [("the server", root) for root in roots]
    while queue:
        where, value = queue.pop()
        if isinstance(value, LEAVES):
            held.leaves.append((where, value))
        elif isinstance(value, IPv4Address | IPv6Address):
            held.leaves.append((where, str(value)))
        elif id(value) not in seen and not isinstance(value, CLOSED):
            seen.add(id(value))
            keep.append(value)
            queue += _enter(held, where, value)
    return held


def _enter(held: Held, where: str, value: object) -> Iterator[tuple[str, object]]:
    """What is inside, each with the name of where it is."""
    if isinstance(value, weakref.ref):
        yield where, value()
    elif is_ours(type(value)):
        held.counts[type(value)] += 1
        for field in fields_of(value):
            name = f"{name_of(type(value))}.{field}"
            held.fields.add(name)
            yield name, getattr(value, field, None)
    elif isinstance(value, types.FunctionType):
        here = function_name(value.__module__, value.__qualname__) or where
        yield from ((here, inside) for inside in (value.__closure__, value.__defaults__, value.__kwdefaults__))
    elif isinstance(value, types.CoroutineType | types.GeneratorType | types.AsyncGeneratorType):
        here = function_name(module_of(value), value.__qualname__) or where
        yield from ((here, inside) for inside in gc.get_referents(value))
    else:
        if not isinstance(value, dict | list | tuple | set | frozenset):
            held.others.append(value)
        yield from ((where, inside) for inside in gc.get_referents(value))


def is_ours(kind: type) -> bool:
    return str(kind.__module__).startswith(OURS)


def name_of(kind: type) -> str:
    return f"{kind.__module__.removeprefix(OURS)}.{kind.__qualname__}"


def function_name(module: str | None, name: str) -> str | None:
    return f"{module.removeprefix(OURS)}.{name}()" if module and module.startswith(OURS) else None


def module_of(running: Any) -> str | None:
    for name in ("cr_frame", "gi_frame", "ag_frame"):
        frame = getattr(running, name, None)
        if frame is not None:
            return str(frame.f_globals.get("__name__"))
    return None


def fields_of(value: object) -> set[str]:
    """Fields of a Struct or a NamedTuple, slots of every base, and what this very object has besides."""
    kind = type(value)
    slots: set[str] = {*getattr(kind, "__struct_fields__", ()), *getattr(kind, "_fields", ())}
    for base in kind.__mro__:
        own = vars(base).get("__slots__", ())
        slots.update((own,) if isinstance(own, str) else own)
    return (slots | set(getattr(value, "__dict__", ()))) - NOT_FIELDS
