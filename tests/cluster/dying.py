"""A node that is killed at one point of its work: `python -m tests.cluster.dying before yes 20 serve ..`.

It is `omefree serve`, but for this: before, or just after, it sends item `yes` (contract/nodes.py) for the 20th time,
it kills itself with SIGKILL; with `heard`, before it obeys one that has come. `matched` in place of an item: it tells a
visitor of a chat with one of another node.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

from omefree import launch
from omefree.chat.halves import Half
from omefree.chat.remote import RemotePartner
from omefree.chat.visitor import VisitorRecord
from omefree.contract.nodes import AnyItem
from omefree.exchange.bus import Bus
from omefree.exchange.cluster import Cluster

AFTER_S = 0.005  # what was sent in this turn has left by then


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def dying(method: Callable[..., Any], counts: Callable[..., bool], when: str, left: int) -> Callable[..., Any]:
    """The method, which kills the process at call number `left` of those that count."""

    def call(*args: Any) -> Any:
        nonlocal left
        left -= counts(*args)
        if left == 0 and counts(*args):
            if when != "after":
                die()
            asyncio.get_running_loop().call_later(AFTER_S, die)
        return method(*args)

    return call


def is_across(_: VisitorRecord, half: Half) -> bool:
    return isinstance(half.partner, RemotePartner)


def is_item(name: str, _: object, tag: str, item: AnyItem) -> bool:
    return type(item).__name__.lower() == name


def main() -> None:
    when, what, left = sys.argv[1], sys.argv[2], int(sys.argv[3])
    sys.argv[1:4] = []
    if what == "matched":
        VisitorRecord.begin = dying(VisitorRecord.begin, is_across, when, left)  # type: ignore[method-assign]
    elif when == "heard":
        Cluster.on_item = dying(  # type: ignore[method-assign]
            Cluster.on_item, partial(is_item, what), when, left
        )
    else:
        Bus.send = dying(Bus.send, partial(is_item, what), when, left)  # type: ignore[method-assign]
    launch.main()


if __name__ == "__main__":
    main()
