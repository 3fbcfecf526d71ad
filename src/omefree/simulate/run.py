"""Runs one crowd through one policy and says how well it was paired."""

import re
from collections.abc import Callable, Iterable, Iterator
from heapq import heappop, heappush

from msgspec import Struct

from omefree.errors import UnknownPairingPolicy
from omefree.matching.ticket import Ticket
from omefree.simulate import optimum
from omefree.simulate.crowd import Arrival, Scene, rarity
from omefree.simulate.policies import Batch, Chance, FirstCome, Hesitant, Ours, PairingPolicy, Rolling, Score

MANY_BITS = 1e7  # more than all pairs of a simulation together score
HESITATION_S = 1.0  # our own: the server's default
ABOVE_ZERO = ("batch", "falling")
SOON_S = 1.0  # a face within a second does not feel like waiting


class Outcome(Struct, frozen=True):
    """How well a policy paired a crowd.

    `sharing`: of the visitors with interests, the share that got a partner with a shared one. `score`: the bits that
    each of them shares, on average.

    The waits are those of all that were paired, in seconds. `mean_s` is their mean; 99 in 100 do not exceed `p99_s`.
    `soon` is the share of them that waited no longer than SOON_S. `left` is the number of searches that found nobody.
    """

    policy: str
    sharing: float
    score: float
    mean_s: float | None = None
    p99_s: float | None = None
    soon: float | None = None
    left: int = 0


def scorer(arrivals: list[Arrival]) -> Score:
    """The function that says what a pair is worth: the rarity of all that it shares, in bits."""
    bits = rarity(arrivals)
    return lambda a, b: sum(bits[key] for key in a.interests.keys() & b.interests)


def policy_named(name: str, scene: Scene, score: Score) -> PairingPolicy:
    """The policy of this name. The number in `batch 0.05` is its window in seconds. Raises UnknownPairingPolicy."""
    plain: dict[str, Callable[[], PairingPolicy]] = {
        "ours": lambda: Ours(scene.seed, HESITATION_S),
        "first come": FirstCome,
        "chance": lambda: Chance(scene.seed),
    }
    of_number: dict[str, Callable[[float], PairingPolicy]] = {
        "ours": lambda hesitation_s: Ours(scene.seed, hesitation_s),
        "batch": lambda window_s: Batch(window_s, score),
        "patient": lambda hesitation_s: Hesitant(lambda bits: hesitation_s, score),
        "falling": lambda most: Hesitant(lambda bits: scene.patience_s * max(1 - bits / most, 0), score),
        "rolling": lambda critical_s: Rolling(critical_s, score),
    }
    numbered = re.fullmatch(r"([a-z]+) (\d+(?:\.\d+)?)", name)
    if numbered and numbered[1] in of_number and (float(numbered[2]) or numbered[1] not in ABOVE_ZERO):
        return of_number[numbered[1]](float(numbered[2]))
    if name not in plain:
        raise UnknownPairingPolicy(
            f"no policy is called {name!r}: ours, first come, chance, optimum, or one of {', '.join(of_number)} "
            "and a number"
        )
    return plain[name]()


def paired(policy: PairingPolicy, arrivals: Iterable[Arrival], until: float) -> Iterator[tuple[Ticket, Ticket, float]]:
    """Yields each pair with the time when it was made. `until` is when the simulation ends, in seconds."""
    chats: list[tuple[float, str, str]] = []
    lengths: dict[str, float] = {}

    def begun(pairs: list[tuple[Ticket, Ticket]], now: float) -> Iterator[tuple[Ticket, Ticket, float]]:
        for a, b in pairs:
            heappush(chats, (now + min(lengths[a.visitor], lengths[b.visitor]), a.visitor, b.visitor))
            yield a, b, now

    def passing(end: float) -> Iterator[tuple[Ticket, Ticket, float]]:
        while True:
            wake = policy.next_wake()
            over = chats[0][0] if chats else end
            now = min(over, end if wake is None else wake)
            if now >= end:
                return
            if over <= now:
                policy.met(*heappop(chats)[1:], over)
            else:
                yield from begun(policy.advance(now), now)

    for arrival in arrivals:
        now = arrival.ticket.since
        yield from passing(now)
        lengths[arrival.ticket.visitor] = arrival.chat_s
        yield from begun(policy.join(arrival.ticket, now), now)
    yield from passing(until)


def simulate(name: str, scene: Scene, arrivals: list[Arrival], score: Score, tick: Callable[[], None]) -> Outcome:
    """Lets a policy pair the crowd. `tick` is called at each arrival. Raises UnknownPairingPolicy."""

    def ticking() -> Iterator[Arrival]:
        for arrival in arrivals:
            tick()
            yield arrival

    policy = policy_named(name, scene, score)
    done = list(paired(policy, ticking(), scene.duration_s + 2 * scene.patience_s))
    scores = [score(a, b) for a, b, _ in done]
    waits = sorted(now - ticket.since for a, b, now in done for ticket in (a, b))
    with_interests = sum(1 for arrival in arrivals if arrival.ticket.interests)
    shared = sum(2 for a, b, _ in done if not a.interests.keys().isdisjoint(b.interests))
    return Outcome(
        name,
        shared / max(with_interests, 1),
        2 * sum(scores) / max(with_interests, 1),
        sum(waits) / len(waits) if waits else None,
        waits[int(len(waits) * 0.99)] if waits else None,
        sum(wait <= SOON_S for wait in waits) / len(waits) if waits else None,
        len(arrivals) - len(waits),
    )


def optima(scene: Scene, arrivals: list[Arrival], score: Score) -> tuple[Outcome, Outcome]:
    """The optimum of the shared interests, and that of the score.

    Nobody can reach either without knowing the future. Raises MissingPackage.
    """
    tickets = [arrival.ticket for arrival in arrivals if arrival.ticket.interests]
    aims: list[tuple[str, Score]] = [
        ("most shared", lambda a, b: MANY_BITS + score(a, b)),  # the most pairs; of equals, the highest score
        ("best score", score),
    ]
    one, two = (_optimum(name, tickets, scene, aim, score) for name, aim in aims)
    return one, two


def _optimum(name: str, tickets: list[Ticket], scene: Scene, aim: Score, score: Score) -> Outcome:
    pairs = [(tickets[a], tickets[b]) for a, b in optimum.best(tickets, scene.patience_s, aim)]
    visitors = max(len(tickets), 1)
    return Outcome(name, 2 * len(pairs) / visitors, 2 * sum(score(a, b) for a, b in pairs) / visitors)
