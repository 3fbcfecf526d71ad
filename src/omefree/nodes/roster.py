"""What we believe of the other nodes: who can be reached, whose visitors are away, who is dead.

    live --nobody listens: deaf, or no lease: suspect--> silent --GRACE_S--> away --lost_s--> dead
      ^--------------- any batch of it; it listens, or renews its lease ------------|

A short silence concerns nobody, so visitors hear of it only after a grace. While we are cut off ourselves we cannot
know, and nobody is buried. A registry younger than a lease (it was emptied) accuses nobody.
"""

from collections.abc import Iterator, Mapping
from typing import Literal, TypeAlias

from msgspec import Struct

LEASE_S = 3.0  # of a node, at the registry; it renews it each second
GRACE_S = 2.0  # a new connection to the registry takes 30 ms, a failover under 2 s
STALL_S = 1.0  # whoever comes so much later than `next_wake` has slept

Kind: TypeAlias = Literal["new", "silent", "heard", "away", "back", "dead", "reborn"]


class Change(Struct, frozen=True):
    """What has become of a node. `silent` and `heard` come at once, `away` and `back` are for visitors. `reborn`: its
    process is a new one. A node that is `dead` is forgotten.
    """

    tag: str
    kind: Kind


class _Peer(Struct):
    """`since`: the begin of its silence, seconds of the monotonic clock."""

    boot: str = ""
    is_deaf: bool = False
    is_doubtful: bool = False  # it listens again, and may be a new process that knows none of our chats
    is_suspect: bool = False
    is_away: bool = False
    since: float = 0.0
    heard_at: float = float("-inf")

    @property
    def is_silent(self) -> bool:
        return self.is_deaf or self.is_suspect


class Roster:
    """The other nodes. Every method takes `now`, in seconds, and those that change something return the changes.

    `lost_s`: how long after the begin of its silence a node is dead.
    """

    def __init__(self, lost_s: float) -> None:
        self._lost_s = max(lost_s, GRACE_S)
        self._peers: dict[str, _Peer] = {}
        self._cut_since: float | None = None
        self._is_cut_told = False
        self._at = float("-inf")

    def __contains__(self, tag: object) -> bool:
        return tag in self._peers

    def __iter__(self) -> Iterator[str]:
        return iter(self._peers)

    def __len__(self) -> int:
        return len(self._peers)

    def takes(self, tag: str) -> bool:
        """Says whether words for visitors of this node may be taken: it is heard of, and we are, or were just now.

        After it was deaf this needs a sign of life of its own: whoever listens in its place may be a new process.
        """
        peer = self._peers.get(tag)
        return peer is not None and not peer.is_doubtful and not peer.is_away

    def is_silent(self, tag: str) -> bool:
        """Says whether a node is deaf, suspect or unknown."""
        peer = self._peers.get(tag)
        return peer is None or peer.is_silent

    def silent(self) -> list[str]:
        """Returns the nodes that should be probed: an answer shows that they live."""
        return [tag for tag, peer in self._peers.items() if peer.is_silent or peer.is_doubtful]

    # --- what is heard ---

    def beat(self, live: Mapping[str, str], age_s: float, now: float) -> list[Change]:
        """Takes the registry's answer: the boot of each node with a lease, and how old the registry is."""
        self._awake(now)
        changes: list[Change] = []
        for tag, boot in live.items():
            changes += self._renewed(tag, boot, now)
        if age_s >= LEASE_S:
            for tag, peer in self._peers.items():
                if tag not in live and not peer.is_suspect and now - peer.heard_at >= LEASE_S:
                    changes += self._accuse(tag, peer, now)
                    peer.is_suspect = True
        return changes

    def heard(self, tag: str, now: float) -> list[Change]:
        """Takes a sign of life: a batch of its living stream."""
        self._awake(now)
        is_new = tag not in self._peers
        peer = self._peers.setdefault(tag, _Peer())
        peer.heard_at = now
        was_silent = peer.is_silent or peer.is_doubtful
        peer.is_deaf = peer.is_suspect = peer.is_doubtful = False
        return [Change(tag, "new")] if is_new else self._relieve(tag, peer, was_silent=was_silent)

    def deaf(self, tag: str, now: float) -> list[Change]:
        """Takes that nobody listens on the node's channel. One that is not known is dead in the end, like any other."""
        self._awake(now)
        peer = self._peers.setdefault(tag, _Peer())
        if peer.is_deaf:
            return []
        changes = self._accuse(tag, peer, now)
        peer.is_deaf = peer.is_doubtful = True
        return changes

    def listens(self, tag: str, now: float) -> list[Change]:
        """Takes that somebody listens on the node's channel."""
        self._awake(now)
        peer = self._peers.get(tag)
        if peer is None or not peer.is_deaf:
            return []
        peer.is_deaf = False
        return self._relieve(tag, peer, was_silent=True)

    def cut(self, now: float) -> None:
        """Takes that we have lost the registry and the bus."""
        self._awake(now)
        if self._cut_since is None:
            self._cut_since = now

    def joined(self, now: float) -> list[Change]:
        """Takes that we are on the bus again. Who was silent before is given its time anew."""
        self._awake(now)
        self._cut_since, self._is_cut_told = None, False
        changes: list[Change] = []
        for tag, peer in self._peers.items():
            peer.since = now
            changes += self._relieve(tag, peer, was_silent=False)
        return changes

    # --- time ---

    def advance(self, now: float) -> list[Change]:
        """Does what is due at `now`."""
        self._awake(now)
        changes: list[Change] = []
        if self._cut_since is not None and now >= self._cut_since + GRACE_S:
            self._is_cut_told = True
        for tag, peer in list(self._peers.items()):
            if not peer.is_away and (self._is_cut_told or (peer.is_silent and now >= peer.since + GRACE_S)):
                peer.is_away = True
                changes.append(Change(tag, "away"))
            if peer.is_silent and self._cut_since is None and now >= peer.since + self._lost_s:
                del self._peers[tag]
                changes.append(Change(tag, "dead"))
        return changes

    def next_wake(self) -> float | None:
        """Returns when to call `advance` next; None never."""
        wakes = [] if self._cut_since is None or self._is_cut_told else [self._cut_since + GRACE_S]
        for peer in self._peers.values():
            if peer.is_silent and not peer.is_away:
                wakes.append(peer.since + GRACE_S)
            elif peer.is_silent and self._cut_since is None:
                wakes.append(peer.since + self._lost_s)
        return min(wakes, default=None)

    def _awake(self, now: float) -> None:
        """If we slept, a stall or a suspended machine, the time of it is nobody else's silence: first we listen."""
        wake = self.next_wake()
        if wake is not None and now > wake + STALL_S:
            slept = now - self._at
            for peer in self._peers.values():
                peer.since += slept
            if self._cut_since is not None:
                self._cut_since += slept
        self._at = max(self._at, now)

    def _renewed(self, tag: str, boot: str, now: float) -> list[Change]:
        peer = self._peers.get(tag)
        if peer is None:
            self._peers[tag] = _Peer(boot)
            return [Change(tag, "new")]
        known, peer.boot = peer.boot, boot
        was_suspect, peer.is_suspect = peer.is_suspect, False
        changes = self._relieve(tag, peer, was_silent=True) if was_suspect else []
        return changes if known in ("", boot) else [*changes, Change(tag, "reborn")]

    def _accuse(self, tag: str, peer: _Peer, now: float) -> list[Change]:
        if peer.is_silent:
            return []
        peer.since = now
        return [Change(tag, "silent")]

    def _relieve(self, tag: str, peer: _Peer, *, was_silent: bool) -> list[Change]:
        """Returns what is to be told of a node that may no longer be silent."""
        if peer.is_silent:
            return []
        changes = [Change(tag, "heard")] if was_silent else []
        if peer.is_away and not self._is_cut_told:
            peer.is_away = False
            changes.append(Change(tag, "back"))
        return changes
