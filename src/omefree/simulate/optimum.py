"""The best pairs if the future were known: a maximum-weight matching by rustworkx (`omefree[simulate]`)."""

from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from types import ModuleType

from omefree.errors import MissingPackage
from omefree.matching.ticket import Ticket

UNIT = 10_000  # rustworkx wants integers: a weight is rounded to 1 / UNIT

Edge = tuple[int, int, float]


def matching(size: int, edges: Sequence[Edge]) -> list[tuple[int, int]]:
    """The set of disjoint edges of the highest total weight. Raises MissingPackage.

    Nodes are numbers below `size`. An edge is two of them and its weight.
    """
    if not edges:
        return []
    graph = solver().PyGraph(multigraph=False)
    graph.add_nodes_from(range(size))
    graph.add_edges_from(list(edges))
    return sorted(solver().max_weight_matching(graph, weight_fn=lambda weight: round(weight * UNIT)))


def best(
    tickets: Sequence[Ticket], patience_s: float, score: Callable[[Ticket, Ticket], float]
) -> list[tuple[int, int]]:
    """The best pairs of tickets that share an interest and whose waits overlap, by their places. Raises MissingPackage.

    The tickets are in order of time. A wait goes from arrival to the end of patience.
    """
    edges: list[Edge] = []
    recent: dict[str, deque[int]] = defaultdict(deque)
    for here, ticket in enumerate(tickets):
        found: dict[int, None] = {}
        for key in ticket.interests:
            queue = recent[key]
            while queue and tickets[queue[0]].since + patience_s < ticket.since:
                queue.popleft()
            found |= dict.fromkeys(queue)
            queue.append(here)
        edges += [(here, there, score(ticket, tickets[there])) for there in found]
    return matching(len(tickets), edges)


def solver() -> ModuleType:
    """The module rustworkx. Raises MissingPackage."""
    try:
        import rustworkx
    except ImportError:
        raise MissingPackage("the optimum and batches need rustworkx: pip install 'omefree[simulate]'") from None
    return rustworkx
