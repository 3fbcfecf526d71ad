"""Who is there, how long two of them chat, and whom they report. PURE: chance is an argument."""

from collections.abc import Callable
from math import exp, log
from random import Random
from typing import Literal, TypeAlias

from msgspec import Struct

from omefree.contract.codes import ReportReason
from omefree.guard.quota import Bucket
from omefree.guard.record import Record
from omefree.simulate.abuse.world import World
from omefree.simulate.crowd import CHAT_MEDIAN_S, SIGMA, SKIP_MEDIAN_S

Kind: TypeAlias = Literal["honest", "bot", "flasher", "mass reporter"]

VISIT_S = 900.0  # the mean of an honest visit; arbitrary
BOTS_S = 8.0  # two bots together
COLLUDING_S = 31.0  # long enough to prove each other
MASS_REPORTER_S = 2.0
FLASHER_S = (1.5, 5.0)  # how long people look
BOT_S = (4.0, 10.0)
BY_MISTAKE = 0.01  # of chats with a mass reporter, who is rude


class Person(Struct, eq=False):
    """Somebody, and its present visit: a `Party` of `guard/record.py`. Times in seconds.

    `first_pause` is when its first search was refused, after so many seconds and chats.
    """

    kind: Kind
    key: bytes
    network: bytes
    born: float
    ends: float
    disliked: bool
    quota: Bucket
    record: Record | None = None
    chats: int = 0
    last: "Person | None" = None
    chat: "Chat | None" = None
    first_pause: tuple[float, int] | None = None


class Chat(Struct, eq=False):
    """Two people, since when."""

    one: Person
    two: Person
    since: float


def chat_s(one: Person, two: Person, world: World, chance: Random) -> float:
    """How long these two would chat, in seconds."""
    kinds = {one.kind, two.kind}
    if kinds == {"honest"}:
        median_s = SKIP_MEDIAN_S if chance.random() < world.skipped else CHAT_MEDIAN_S
        return exp(chance.gauss(log(median_s), SIGMA))
    if kinds == {"bot"}:
        return COLLUDING_S if world.colluding else BOTS_S
    if "mass reporter" in kinds:
        return MASS_REPORTER_S
    return chance.uniform(*(FLASHER_S if "flasher" in kinds else BOT_S))


def reports(by: Person, about: Person, world: World, chance: Random) -> ReportReason | None:
    """The reason for which the one reports the other; None if it does not."""
    if chance.random() >= _LIKELY[by.kind](about, world):
        return None
    return _REASONS.get(about.kind, "other")


def _by_honest(about: Person, world: World) -> float:
    if about.kind == "honest":
        return world.report_disliked if about.disliked else world.report_false
    return {"bot": world.report_bot, "flasher": world.report_flasher}.get(about.kind, BY_MISTAKE)


def _by_flasher(about: Person, world: World) -> float:
    return world.spite if about.kind == "honest" else 0.0


_LIKELY: dict[Kind, Callable[[Person, World], float]] = {
    "honest": _by_honest,
    "flasher": _by_flasher,
    "bot": lambda about, world: 0.0,
    "mass reporter": lambda about, world: 1.0,
}
_REASONS: dict[Kind, ReportReason] = {"bot": "spam", "flasher": "nudity"}
