"""One pool as a home sees it: the leader and what that has of us, or a lobby of our own while there is none."""

from msgspec import Struct

from omefree.contract import nodes
from omefree.contract.nodes import ticket_mark
from omefree.matching.lobby import Lobby
from omefree.matching.ticket import Ticket
from omefree.nodes.effects import Send
from omefree.nodes.leadership import Following
from omefree.nodes.tickets import join_of

DIFFERS = 2  # so often in a row a leader's count may differ: a count from before `announce` may still be under way


class Search(Struct, eq=False):
    """A visitor's search, the number `n` of its home. `mark` is not 0 while the leader has it (contract/nodes.py,
    `ticket_mark`); `chat` is not "" while it is promised.
    """

    ticket: Ticket
    n: int
    mark: int = 0
    chat: str = ""


class Pool:
    """A pool. `lobby` is there if we pair our own. What the leader has of us is counted since the last `announce`."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.following = Following()
        self.lobby: Lobby | None = None
        self._sent = self._tickets = self._xor = self._differs = 0

    def announce(self) -> Send:
        """Returns the item after which each waiting search must be told."""
        self.lobby = None
        self._sent = self._tickets = self._xor = self._differs = 0
        return self._send(nodes.Announce(self.name, self.following.epoch))

    def tell(self, search: Search, ticket: Ticket, now: float) -> Send:
        """Returns the item that gives this search to the leader, with its exclusions in `ticket`."""
        search.mark = ticket_mark(search.ticket.visitor, search.n)
        self._sent += 1
        self._tickets += 1
        self._xor ^= search.mark
        return self._send(join_of(ticket, search.n, self.following.epoch, now))

    def take_back(self, search: Search) -> list[Send]:
        """Returns the item that takes this search from the leader, if it has it."""
        if not self.unmark(search) or self.following.leader is None:
            return []
        self._sent += 1
        return [self._send(nodes.Quit(self.name, self.following.epoch, search.ticket.visitor, search.n))]

    def unmark(self, search: Search) -> bool:
        """Notes that the leader has this search no more. Returns whether it had it."""
        mark, search.mark = search.mark, 0
        if mark:
            self._tickets -= 1
            self._xor ^= mark
        return bool(mark)

    def differs(self, tag: str, count: nodes.Count) -> bool:
        """Compares a leader's count. True: it lacks what it was told, a fault of ours; all must be announced again."""
        if (self.following.leader, self.following.epoch) != (tag, count.epoch) or count.seen != self._sent:
            return False  # of another leader, or something is under way
        is_same = (count.tickets, count.xor) == (self._tickets, self._xor)
        self._differs = 0 if is_same else self._differs + 1
        return self._differs >= DIFFERS

    def _send(self, item: nodes.AnyItem) -> Send:
        assert self.following.leader is not None, "the caller has looked"
        return Send(self.following.leader, item)
