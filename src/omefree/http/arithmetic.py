"""The figures of reports and pauses for /terms, taken from the record: no page tells another than the server uses."""

from math import ceil
from typing import Final

from omefree.contract.limits import PAUSE_MAX_S, REPORT_WINDOW_S
from omefree.guard import record
from omefree.words.catalogue import Words

# The reporter of the example: reports given, the one that is weighed included, and chats. Arbitrary.
EAGER_GIVEN: Final = 6
EAGER_CHATS: Final = 10
PROVEN_SHARE: Final = 0.8  # of partners, for the point at which reports and clean chats are even (the design's figure)
MINUTE_S, HOUR_S = 60, 3600


def figures() -> dict[str, float]:
    """Each number that the texts of /terms and /safety name, by the name of its hole."""
    share = EAGER_GIVEN / (EAGER_CHATS + record.SEASONED)
    weight = min(1.0, record.USUAL / share)
    people = ceil(record.LIMIT / record.UP)
    good = PROVEN_SHARE * record.DOWN
    return {
        "up": record.UP,
        "down": record.DOWN,
        "limit": record.LIMIT,
        "people": people,
        "fewer": people - 1,
        "fewer_sum": round(record.UP * (people - 1), 2),
        "people_sum": round(record.UP * people, 2),
        "clean": ceil(record.UP / record.DOWN),
        "share": record.USUAL,
        "more": record.SEASONED,
        "eager_given": EAGER_GIVEN,
        "eager_chats": EAGER_CHATS,
        "eager_share": share,
        "eager_weight": weight,
        "eager_up": round(record.UP * weight, 2),
        "proven_s": record.PROVES_S,
        "first_s": record.COUNTS_S,
        "last_s": REPORT_WINDOW_S,
        "forgotten_h": record.FORGET_S / HOUR_S,
        "gone_h": (PAUSE_MAX_S + record.FORGET_S) / HOUR_S,
        "few": record.FEW,
        "few_reporters": record.FEW_REPORTERS,
        "crowd": record.CROWD_BAD,
        "crowd_part": round(1 / record.CROWD_SHARE),
        "again_min": record.VOTE_S / MINUTE_S,
        "half_life_min": record.HALF_LIFE_S / MINUTE_S,
        "crowd_votes": record.CROWD_VOTES,
        "percent": round(100 * good / (record.UP + good)),
        "longest": PAUSE_MAX_S / MINUTE_S,
    }


def pauses() -> list[float]:
    """The lengths of one pause after the other, in minutes, without the longest."""
    lengths, length = [], record.PAUSE_S
    while length < PAUSE_MAX_S:
        lengths.append(length / MINUTE_S)
        length *= 2
    return lengths


def shown(words: Words) -> dict[str, str]:
    """The figures as people write them in one language. `pauses` is their list, without the longest."""
    numbers = {name: words.number(value) for name, value in figures().items()}
    return numbers | {"pauses": ", ".join(map(words.number, pauses()))}
