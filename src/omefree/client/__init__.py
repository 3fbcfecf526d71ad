"""A client in Python: `async with Visitor(url) as visitor`. See docs/client.md."""

from omefree.client.events import (
    Delivery,
    Ended,
    Event,
    Failed,
    Heard,
    LinkBack,
    LinkLost,
    Matched,
    Online,
    Outdated,
    Partner,
    Paused,
    Sealed,
    Searching,
    Text,
    Typing,
)
from omefree.client.visitor import Visitor
from omefree.contract.events import Pause
from omefree.errors import ClientError, Closed, ConnectError, NoChat, Refused, TooLong

__all__ = [
    "ClientError",
    "Closed",
    "ConnectError",
    "Delivery",
    "Ended",
    "Event",
    "Failed",
    "Heard",
    "LinkBack",
    "LinkLost",
    "Matched",
    "NoChat",
    "Online",
    "Outdated",
    "Partner",
    "Pause",
    "Paused",
    "Refused",
    "Sealed",
    "Searching",
    "Text",
    "TooLong",
    "Typing",
    "Visitor",
]
