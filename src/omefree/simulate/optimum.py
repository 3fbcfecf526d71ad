"""What could be had if the future were known: a maximum-weight matching, from rustworkx, of `omefree[simulate]`."""

from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from types import ModuleType

from omefree.errors import MissingPackage
from omefree.matching.ticket import Ticket

UNIT = 10_000  # weights are integers there

Edge = tuple[int, int, float]


def matching(size: int, edges: Sequence[Edge]) -> list[tuple[int, int]]:
    """Return the set of disjoint edges of the highest total weight. Raises MissingPackage."""
    if not edges:
        return []
    graph = solver().PyGraph(multigraph=False)
    graph.add_nodes_from(range(size))
    graph.add_edges_from(list(edges))
    return sorted(solver().max_weight_matching(graph, weight_fn=lambda weight: round(weight * UNIT)))


def best(
    tickets: Sequence[Ticket], patience_s: float, score: Callable[[Ticket, Ticket], float]
) -> list[tuple[int, int]]:
    """Return, of tickets in the order of time, the best pairs that share an interest and whose waits overlap.

    A wait goes from arrival to the end of patience.
    """
    edges: list[Edge] = []
    recent: dict[str, deque[int]] = defaultdict(deque)
    for here, ticket in enumerate(tickets):
        found: dict[int, None] = {}
        for key in ticket.interests:
            lane = recent[key]
            while lane and tickets[lane[0]].since + patience_s < ticket.since:
                lane.popleft()
            found |= dict.fromkeys(lane)
            lane.append(here)
        edges += [(here, there, score(ticket, tickets[there])) for there in found]
    return matching(len(tickets), edges)


def solver() -> ModuleType:
    """Return rustworkx. Raises MissingPackage."""
    try:
        import rustworkx
    except ImportError:
        raise MissingPackage("the optimum and batches need rustworkx: pip install 'omefree[simulate]'") from None
    return rustworkx
