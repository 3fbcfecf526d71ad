"""A cluster of nodes in one process, on a test's clock: real buses, homes, leaders and lobbies, and a bad network.

`World` is the observer, too: it sees every chat begin and end at every node, and asserts what must hold at any moment
(I2, I3, I4 of the issue). `settle` mends everything; then `check_at_rest` asserts what must hold in the end (I1, I7).
"""

from collections.abc import Iterator

from omefree.matching.ticket import Ticket
from tests.nodes.network import Network
from tests.nodes.node import Half, Node, Person

COOLDOWN_S = 60.0


class World(Network[Node]):
    """All nodes, and what is seen of them."""

    def __init__(self, seed: int, tags: str) -> None:
        self.chats: dict[str, dict[str, str]] = {}  # by chat: each visitor's partner
        self.resets: set[tuple[str, str]] = set()
        super().__init__(seed, tags, lambda tag, boot: Node(self, tag, boot))

    def new_chat(self) -> str:
        return f"chat{self.serial()}"

    def people(self) -> Iterator[Person]:
        for node in self.nodes.values():
            yield from node.people.values()

    # --- what is seen ---

    def begins(self, person: Person, half: Half, own: Ticket) -> None:
        """A visitor is told `matched`, for the ticket `own`."""
        assert person.half is None, f"I2: {person.id} is in two chats"
        assert person.ticket is not None, f"{person.id} does not search"
        assert own.interests == person.ticket.interests, f"{person.id} searches for something else by now"
        assert half.partner != person.id, f"I3: {person.id} meets itself"
        assert person.apart.get(half.partner, 0.0) <= self.clock.time(), f"I3: {person.id} meets whom it must not"
        told = self.chats.setdefault(half.chat, {})
        assert person.id not in told, f"I2: {half.chat} begins twice for {person.id}"
        told[person.id] = half.partner
        assert set(told) <= {person.id, half.partner}, f"I2: three in {half.chat}"
        assert told.get(half.partner, person.id) == person.id, f"I2: {half.chat} has two pairs"
        person.half, person.ticket = half, None

    def ends(self, person: Person) -> None:
        assert person.half is not None
        person.apart[person.half.partner] = self.clock.time() + COOLDOWN_S
        person.half = None

    def hears(self, half: Half, number: int) -> None:
        """A word of the partner arrives."""
        assert number > half.heard, f"I4: {number} after {half.heard} in {half.chat}"
        half.heard = number

    # --- what happens ---

    def arrive(self, tag: str) -> Person:
        person = Person(f"{tag}{self.serial()}", tag)
        self.nodes[tag].people[person.id] = person
        return person

    def depart(self, person: Person) -> None:
        node = self.nodes[person.home]
        node.leave(person)
        del node.people[person.id]

    # --- the end ---

    def settle(self) -> None:
        """All faults end, and everybody's link is well."""
        super().settle()
        for person in self.people():
            self.nodes[person.home].find_link(person)

    def check_at_rest(self) -> None:
        """No half stays alone, and nobody waits for somebody who fits."""
        for person in self.people():
            half = person.half
            is_searching = person.id in self.nodes[person.home].home
            assert is_searching == (person.ticket is not None), f"{person.id} is forgotten, or cannot stop"
            if half is not None:
                other = self.nodes[half.home].half_of(half.chat, is_polite=not half.is_polite)
                assert other is not None, f"I1: {person.id} is alone in {half.chat}"
                assert other.partner == person.id
                if (half.home, person.home) not in self.resets:
                    assert half.heard == other.said, f"I4: lost between {other.partner} and {person.id}"
        self.check_nobody_is_stranded()

    def check_nobody_is_stranded(self) -> None:
        """I7. All who wait have waited longer than their patience, so only exclusions keep them apart."""
        now = self.clock.time()
        waiting = [person for person in self.people() if person.ticket is not None and not person.is_paused]
        for one in waiting:
            for two in waiting:
                if one.id < two.id and one.ticket and two.ticket and one.ticket.mode == two.ticket.mode:
                    ends = max(one.apart.get(two.id, 0.0), two.apart.get(one.id, 0.0))
                    assert ends > now - 1.0, f"I7: {one.id} and {two.id} wait for each other"
