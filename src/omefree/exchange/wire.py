"""The seam between the bus and the engine: what carries sealed bytes between nodes, and keeps their leases.

An engine is Valkey or Redis (valkey.py), or a piece of memory in tests. It knows nodes by their tags.
"""

from collections.abc import Mapping, Sequence, Set
from typing import Literal, NamedTuple, Protocol, TypeAlias

from msgspec import Struct

BEAT_S = 1.0
ALL = "of:all"  # every node listens here

Refusal: TypeAlias = Literal["taken", "secret", "version", "full", "read_only", "no_rights", "engine"]
"""Why the engine did not take a beat. The first three: another node has our tag, another secret, a version too far
from ours. The others: it is out of memory, a replica, has not given us the rights, or has another fault."""
BARRED: frozenset[Refusal] = frozenset({"taken", "secret", "version"})
"""With these a node is none of the others: it must neither speak nor listen."""


def channel_of(tag: str) -> str:
    """Where one node listens. The braces make its slot in a Valkey Cluster depend on the tag alone."""
    return f"of:n:{{{tag}}}"


def tag_of(channel: str) -> str:
    """The tag of the node that listens there."""
    return channel[len("of:n:{") : -1]


class Publication(NamedTuple):
    """Some bytes for everybody who listens to a channel."""

    channel: str
    data: bytes


class Beat(Struct, frozen=True):
    """What a node says of itself each BEAT_S, to keep its lease."""

    tag: str
    boot: str  # random: a node that starts again under its old tag is another
    version: int  # of the batches that it sends
    secrets: tuple[str, ...]  # their names (sealing.name_of); the first is the one that it seals with
    may_lead: bool
    online: int  # visitors
    seen: Mapping[str, int]  # pool -> the highest epoch that it has heard of
    leaves: bool = False  # it is about to: others are to lead, and no visitor is to move there


class Leader(NamedTuple):
    """Who leads a pool, as the registry has it."""

    tag: str
    epoch: int


class Answer(Struct, frozen=True):
    """What the registry says to a beat."""

    nodes: Mapping[str, str]  # tag -> boot of those with a lease, ours included
    online: int  # the visitors of all of them
    leaders: Mapping[str, Leader]  # by pool; a pool that nobody can lead is missing
    age_s: float  # since the registry began: one that is younger than a lease accuses nobody
    leaving: Set[str] = frozenset()  # the tags of those who are about to leave


class WireListener(Protocol):
    """Is told what comes from the engine, from the loop alone."""

    def on_up(self) -> None:
        """We are connected, and hear our channel and ALL."""

    def on_down(self) -> None:
        """The connection is lost. What was published in the last moment may be lost, too."""

    def on_full(self, *, is_full: bool) -> None:
        """The engine takes bytes more slowly than we send them: hold back what can wait. Or it has caught up. A new
        connection is never full.
        """

    def on_arrival(self, channel: str, data: bytes) -> None:
        """Somebody has published this. Only as trustworthy as its seal."""

    def on_listeners(self, channel: str, count: int) -> None:
        """So many listened when we published to this channel of a node; 0: it is deaf."""

    def on_answer(self, answer: Answer) -> None:
        """The registry has taken the last beat."""

    def on_refusal(self, refusal: Refusal) -> None:
        """It has not taken the last beat."""


class Wire(Protocol):
    """A connection to the engine. It connects again by itself."""

    def listen(self, listener: WireListener) -> None:
        """Tells this listener from now on. Must be called once, before anything else."""

    def publish(self, publications: Sequence[Publication]) -> None:
        """Sends these in one write, in this order. Without a connection they are lost."""

    def beat(self, beat: Beat) -> None:
        """Renews the lease. If no answer comes within BEAT_S, the connection is cut and made anew."""

    def close(self, farewell: Sequence[Publication]) -> None:
        """Gives back lease and leaderships, publishes this when the registry has taken them, and stops."""
