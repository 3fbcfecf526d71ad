"""Promises: a chat of two homes begins when both have said `yes`, each for its own visitor (docs/decisions.md).

    waiting --pair that fits: yes--> promised --yes of the other--> chat
       ^                                |
       +--------- no, or PROMISE_S -----+

With three nodes a `yes` or `no` may come before the leader's `pair`: both are kept for KEPT_S.
"""

from collections import OrderedDict

from msgspec import Struct

from omefree.contract.nodes import Pair, Yes

PROMISE_S = 1.0  # so long a visitor waits for the other home's `yes`; usually it comes within a millisecond
KEPT_S = 2.0  # longer than a promise: what comes later concerns nobody


class Promise(Struct, frozen=True):
    """What a home has promised for its visitor, until the time `until`."""

    pair: Pair
    until: float


class Promises:
    """The promises of one home, by chat. `now` is in seconds; it never goes back."""

    def __init__(self) -> None:
        self._made: OrderedDict[str, Promise] = OrderedDict()
        self._early: OrderedDict[str, tuple[str, Yes, float]] = OrderedDict()  # whose `yes`, and until when it is kept
        self._void: OrderedDict[str, float] = OrderedDict()  # chats that one of the two homes has refused

    def __len__(self) -> int:
        return len(self._made)

    def is_void(self, chat: str) -> bool:
        """Says whether this chat has been refused lately, by either home."""
        return chat in self._void

    def make(self, pair: Pair, now: float) -> Yes | None:
        """Promises the visitor of this proposal. Returns the other home's `yes`, if it has come already: keep it."""
        tag, yes, _ = self._early.pop(pair.chat, ("", None, 0.0))
        if yes is not None and tag == pair.home:
            return yes
        self._made[pair.chat] = Promise(pair, now + PROMISE_S)
        return None

    def yes(self, tag: str, yes: Yes, now: float) -> Pair | None:
        """Takes the `yes` of a node. Returns the proposal that is now kept by both; None if none waits for it."""
        promise = self._made.get(yes.chat)
        if promise is not None and promise.pair.home == tag:
            del self._made[yes.chat]
            return promise.pair
        if promise is None and not self.is_void(yes.chat):
            self._early[yes.chat] = (tag, yes, now + KEPT_S)
        return None

    def void(self, chat: str, now: float) -> Pair | None:
        """Ends a promise, or keeps it from being made: one of the two homes says `no`. Returns what was promised."""
        self._early.pop(chat, None)
        self._void.setdefault(chat, now + KEPT_S)
        promise = self._made.pop(chat, None)
        return None if promise is None else promise.pair

    def with_home(self, tag: str) -> list[str]:
        """Returns the chats that wait for this node's `yes`."""
        return [chat for chat, promise in self._made.items() if promise.pair.home == tag]

    def expire(self, now: float) -> list[str]:
        """Forgets what is old. Returns the chats whose promises have waited too long: the caller must void them."""
        while self._early and next(iter(self._early.values()))[2] <= now:
            self._early.popitem(last=False)
        while self._void and next(iter(self._void.values())) <= now:
            self._void.popitem(last=False)
        return [chat for chat, promise in self._made.items() if promise.until <= now]

    def next_wake(self) -> float | None:
        """Returns when to call `expire` next; None never."""
        wakes = [promise.until for promise in self._made.values()][:1]
        wakes += [until for _, _, until in self._early.values()][:1]
        wakes += list(self._void.values())[:1]
        return min(wakes, default=None)
