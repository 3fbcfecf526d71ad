"""A node of the next version: `python -m tests.cluster.newer serve ..`. It says more than those of this one know."""

from __future__ import annotations

from omefree.contract import batches, nodes
from omefree.contract.item import Item

batches.VERSION += 1
batches.SPOKEN = range(batches.VERSION - 1, batches.VERSION + 2)

from omefree import launch  # noqa: E402  # the version comes first
from omefree.exchange.bus import Bus  # noqa: E402


class Novel(Item, tag="novel"):
    """An item that this version does not know."""

    text: str


send = Bus.send


def send_more(bus: Bus, tag: str, item: nodes.AnyItem) -> None:
    send(bus, tag, Novel("a thing of tomorrow"))  # type: ignore[arg-type]
    send(bus, tag, item)


Bus.send = send_more  # type: ignore[method-assign,assignment]

if __name__ == "__main__":
    launch.main()
