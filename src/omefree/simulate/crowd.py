"""An invented crowd: when its visitors arrive, and what they search (docs/matching.md, "How good is good")."""

import random
from itertools import accumulate
from math import exp, log, log2, pi, sin

from msgspec import Struct

from omefree.matching.ticket import Ticket

TOPICS = 500
INTERESTS_MAX = 5  # of one visitor; each number is equally likely
WARM_UP_S = 1200.0  # arrivals begin so long before the day: some of these visitors still search in it
ANOTHER = 0.7  # the share of visitors that search again when a chat is over
SKIPPED = 0.4  # the share of chats that one of the two skips after seconds
CHAT_MEDIAN_S = 90.0
SKIP_MEDIAN_S = 4.0
SIGMA = 1.2  # of the logarithm of a chat's length

_ZIPF = list(accumulate(1 / rank for rank in range(1, TOPICS + 1)))


class Scene(Struct, frozen=True):
    """What is simulated.

    `rate_s` is the mean number of arrivals in a second, `patience_s` each visitor's patience in seconds. `no_interests`
    is the share of visitors without interests. The daily curve is pressed into `duration_s` (seconds). With `curve` 0.6
    its evening has 1.6 times the mean and its early morning 0.4 times; with 0 there is no curve.
    """

    rate_s: float = 10.0
    duration_s: float = 600.0
    patience_s: float = 5.0
    no_interests: float = 0.3
    curve: float = 0.6
    seed: int = 1


class Arrival(Struct, frozen=True):
    """One search, and how long its visitor would chat, in seconds."""

    ticket: Ticket
    chat_s: float


def arrivals(scene: Scene) -> list[Arrival]:
    """The searches of a scene in order of time. Visitors come by a Poisson process; each may search several times."""
    chance = random.Random(scene.seed)
    found: list[Arrival] = []
    now, number = -WARM_UP_S, 0
    new_s = scene.rate_s * (1 - ANOTHER)  # each visitor searches 1 / (1 - ANOTHER) times
    while (now := now + chance.expovariate(new_s * (1 + scene.curve))) < scene.duration_s:
        if chance.random() * (1 + scene.curve) < 1 + scene.curve * sin(2 * pi * now / scene.duration_s):  # thinning
            number += 1
            found += _visit(chance, scene, f"visitor {number}", now)
    return sorted((one for one in found if one.ticket.since >= 0), key=lambda one: one.ticket.since)


def rarity(found: list[Arrival]) -> dict[str, float]:
    """For each interest, what sharing it is worth in bits: -log2 of its share of all arrivals."""
    counts: dict[str, int] = {}
    for arrival in found:
        for key in arrival.ticket.interests:
            counts[key] = counts.get(key, 0) + 1
    return {key: log2(len(found) / count) for key, count in counts.items()}


def _visit(chance: random.Random, scene: Scene, visitor: str, since: float) -> list[Arrival]:
    """The searches of one visitor.

    The next one begins when patience and chat are over, whatever a policy does. So policies are compared over the same
    arrivals.
    """
    interests, found = _interests(chance, scene), []
    while since < scene.duration_s:
        median_s = SKIP_MEDIAN_S if chance.random() < SKIPPED else CHAT_MEDIAN_S
        chat_s = exp(chance.gauss(log(median_s), SIGMA))
        found.append(Arrival(Ticket(visitor, "text", interests, patience_s=scene.patience_s, since=since), chat_s))
        since += scene.patience_s + chat_s
        if chance.random() >= ANOTHER:
            break
    return found


def _interests(chance: random.Random, scene: Scene) -> dict[str, str]:
    if chance.random() < scene.no_interests:
        return {}
    topics = chance.choices(range(TOPICS), cum_weights=_ZIPF, k=chance.randint(1, INTERESTS_MAX))
    return {f"topic {topic}": f"Topic {topic}" for topic in sorted(set(topics))}
