"""What happened to every visitor of a run: one record after the other, as a single observer saw it on the wire.

`at` is in seconds of one monotonic clock, `who` the visitor's number; NOBODY for what the test did to the machines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeAlias

import msgspec
from msgspec import Struct

NOBODY = -1
OK = ""  # the code of an acknowledgement that is no refusal
FRESH = ""


class Base(Struct, frozen=True, array_like=True, tag=True):
    at: float
    who: int


class OnLink(Base, frozen=True, kw_only=True):
    """What passed on one of the visitor's connections. `link`: its number; a visitor that moves has two for a while."""

    link: int = 0


class Welcomed(OnLink, frozen=True):
    """A link is up. `pool`: who may meet whom. `state`: where a resume found the visitor; FRESH if it was not known.
    `chat` and `is_partner_here` are told of a visitor that chats.
    """

    node: str
    pool: str
    state: str = FRESH
    chat: str | None = None
    is_partner_here: bool = True


class Lost(OnLink, frozen=True):
    """The link has broken."""


class Left(OnLink, frozen=True):
    """The visitor has told the server that it leaves for good."""


class Asked(OnLink, frozen=True):
    """`find` was sent, with an acknowledgement of that number. It ends the visitor's chat, if it has one."""

    number: int


class Leaving(OnLink, frozen=True):
    """`leave` was sent. It ends this chat; None: whichever the server has for the visitor, or its search."""

    number: int
    chat: str | None


class Said(OnLink, frozen=True):
    """Something for the partner was sent. `what`: a digest of it."""

    number: int
    chat: str
    what: int


class Answered(OnLink, frozen=True):
    """The acknowledgement of `Asked`, `Leaving` or `Said`. `code`: OK or the reason of the refusal."""

    number: int
    code: str


class Matched(OnLink, frozen=True):
    chat: str


class Heard(OnLink, frozen=True):
    """Something of the partner has come."""

    chat: str
    what: int


class Partner(OnLink, frozen=True):
    chat: str
    is_here: bool


class Ended(OnLink, frozen=True):
    chat: str
    reason: str


class Wrote(Base, frozen=True):
    """The program gave its sealed channel text `n` of the chat, from 0."""

    chat: str
    n: int


class Read(Base, frozen=True):
    """The sealed channel gave the program the partner's text `n` of the chat; `text_n` stood in the text itself."""

    chat: str
    n: int
    text_n: int


class Shown(Base, frozen=True):
    """The connection of a visitor that does not seal gave the program this of the partner."""

    chat: str
    what: int


class Fault(Base, frozen=True):
    """What the test did. `node`: the one that it was done to, if any."""

    what: str
    node: str = ""


OfVisitor: TypeAlias = (
    Welcomed
    | Lost
    | Left
    | Asked
    | Leaving
    | Said
    | Answered
    | Matched
    | Heard
    | Partner
    | Ended
    | Wrote
    | Read
    | Shown
)
Record: TypeAlias = OfVisitor | Fault

_LINE: msgspec.json.Decoder[Record] = msgspec.json.Decoder(Record)


class History:
    """The records of a run, in the order in which the observer saw them."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.records: list[Record] = []
        self.clock = clock

    def add(self, record: Record) -> None:
        self.records.append(record)

    def fault(self, what: str, node: str = "") -> float:
        """Notes what the test does now; the time of it."""
        at = self.clock()
        self.add(Fault(at, NOBODY, what, node))
        return at


def write(path: Path, records: Iterable[Record]) -> None:
    """Keeps records, a line of JSON each, for whoever looks for the cause of a failure."""
    path.write_bytes(b"\n".join(map(msgspec.json.encode, records)) + b"\n")


def read(path: Path) -> list[Record]:
    return [_LINE.decode(line) for line in path.read_bytes().splitlines()]
