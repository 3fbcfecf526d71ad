"""The figures of a scenario, over its seeds, and the goals that they must meet. PURE."""

from collections.abc import Iterator, Sequence
from statistics import fmean, median_high

from msgspec import Struct

from omefree.simulate.abuse.run import Tally
from omefree.simulate.abuse.world import Scenario

PAUSE_S, PAUSE_CHATS = 150.0, 30.0  # until a flasher's first pause
EXPOSURES = 0.15  # of those without a rule
REPORTERS_ADD = 0.001  # to the share of the honest that is hindered, by 10 mass reporters
PERCENT, TIMES, SECONDS, CHATS = "{:.2%}", "x{:.2f}", "{:.0f} s", "{:.0f}"
PLAIN, TEN_REPORTERS = "data centres", "10 reporters"


class Spread(Struct, frozen=True):
    """One figure over several seeds."""

    mean: float
    most: float


class Figures(Struct, frozen=True):
    """What a rule did in a scenario. All are shares, but `pause_s` and `pause_chats`: medians over all flashers.

    `bots` and `exposures` are shares of what there was without a rule, with the same seeds. `bad` is the share of the
    honest's chats that were with bots or flashers, `bad_before` the same without a rule.
    """

    honest: Spread
    crowd: Spread
    disliked: Spread
    bots: float
    exposures: float
    pause_s: float
    pause_chats: float
    bad_before: float
    bad: float


class Goal(Struct, frozen=True):
    """A goal: `value` may be at most `limit`. `form` tells both: a `str.format` text."""

    scenario: str
    text: str
    form: str
    value: float
    limit: float

    @property
    def met(self) -> bool:
        """Whether it is met."""
        return self.value <= self.limit


def figures(tallies: Sequence[Tally], before: Sequence[Tally]) -> Figures:
    """The figures of a rule. `before`: the same evenings without a rule."""
    pauses = [pause for tally in tallies for pause in tally.flashers]
    pairs = list(zip(tallies, before, strict=True))
    return Figures(
        honest=_spread([tally.honest for tally in tallies]),
        crowd=_spread([tally.crowd for tally in tallies]),
        disliked=_spread([tally.disliked for tally in tallies]),
        bots=fmean(_share(one.met_bots, other.met_bots) for one, other in pairs),
        exposures=fmean(_share(one.met_flashers, other.met_flashers) for one, other in pairs),
        pause_s=median_high([seconds for seconds, _ in pauses]),
        pause_chats=median_high([chats for _, chats in pauses]),
        bad_before=fmean(_bad(tally) for tally in before),
        bad=fmean(_bad(tally) for tally in tallies),
    )


def goals(scenario: Scenario, found: Figures) -> Iterator[Goal]:
    """The goals of a scenario."""
    to_flashers = scenario.flashers
    wanted: list[tuple[str, str, float, float | None]] = [
        ("honest hindered", PERCENT, found.honest.mean, scenario.honest),
        ("crowd hindered", PERCENT, found.crowd.mean, scenario.crowd),
        ("disliked hindered", PERCENT, found.disliked.mean, scenario.disliked),
        ("bots' chats", TIMES, found.bots, scenario.bots),
        ("flasher's first pause", SECONDS, found.pause_s, PAUSE_S if to_flashers else None),
        ("flasher's chats before it", CHATS, found.pause_chats, PAUSE_CHATS if to_flashers else None),
        ("exposures", TIMES, found.exposures, EXPOSURES if to_flashers else None),
    ]
    for text, form, value, limit in wanted:
        if limit is not None:
            yield Goal(scenario.name, text, form, value, limit)


def all_goals(found: Sequence[tuple[Scenario, Figures]]) -> list[Goal]:
    """The goals of all scenarios, and that of two beside each other."""
    made = [goal for scenario, each in found for goal in goals(scenario, each)]
    honest = {scenario.name: each.honest.mean for scenario, each in found}
    if PLAIN in honest and TEN_REPORTERS in honest:
        added = honest[TEN_REPORTERS] - honest[PLAIN]
        made.append(Goal(TEN_REPORTERS, f"more than in {PLAIN}", PERCENT, added, REPORTERS_ADD))
    return made


def _spread(pairs: Sequence[tuple[int, int]]) -> Spread:
    shares = [_share(some, of) for of, some in pairs]
    return Spread(fmean(shares), max(shares))


def _bad(tally: Tally) -> float:
    return _share(tally.met_bots + tally.met_flashers, tally.met)


def _share(some: float, of: float) -> float:
    return some / max(1, of)
