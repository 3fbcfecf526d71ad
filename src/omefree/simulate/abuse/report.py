"""The tables of `omefree simulate abuse`, in Markdown that a terminal of 80 columns shows, too. PURE."""

from collections.abc import Sequence
from math import isinf
from textwrap import fill

from omefree.simulate.abuse.goals import Figures, Goal, Spread, all_goals
from omefree.simulate.abuse.rules import OURS
from omefree.simulate.abuse.world import Scenario

Found = Sequence[tuple[Scenario, dict[str, Figures]]]  # of each scenario, the figures by rule

WIDTH = 79

LEGEND = fill(
    "Mean of the seeds, in brackets the highest. honest: of the honest, those who were refused a search at least once. "
    "crowd: of those of them behind the one address. disliked: of those of them whom many report. bots, exposures: "
    "their chats with the honest, as a share of what there was without a rule. pause, chats: a flasher's first pause "
    "comes after so long and so many chats, median. bad: chats of the honest with bots or flashers, without a rule "
    "and with it.",
    WIDTH,
)

PUBLISHED_TEXT = (
    "The rules that others publish ban an address: three reports in an hour, for 24 hours (omegle.lol); or reports by "
    "three people in five minutes, for 10 minutes (Chatroulette, Bazoocam)."
)


def told(found: Found, hours: float, seeds: int, published_seeds: int) -> str:
    """The whole report."""
    ours = [(scenario, by_rule[OURS]) for scenario, by_rule in found]
    heading = f"Our rule: {_many(len(ours), 'scenario')}, {hours:g} h each, {_many(seeds, 'seed')}."
    published = f"{PUBLISHED_TEXT} {_many(published_seeds, 'seed')}."
    parts = [
        *(heading, hindered(ours), stopped(ours), LEGEND),
        *(fill(published, WIDTH), contrast(found)),
        *("Goals.", goal_table(all_goals(ours)), verdict(all_goals(ours))),
        *("Scenarios.", scenarios(ours)),
    ]
    return "\n\n".join(part for part in parts if part)


def hindered(ours: Sequence[tuple[Scenario, Figures]]) -> str:
    """Whom our rule hinders."""
    rows = [
        (scenario.name, *(_spread(each) for each in (found.honest, found.crowd, found.disliked)))
        for scenario, found in ours
    ]
    return _table(("scenario", "honest, %", "crowd, %", "disliked, %"), rows, (17, 15, 15, 15))


def stopped(ours: Sequence[tuple[Scenario, Figures]]) -> str:
    """Whom our rule stops."""
    rows = [
        (
            *(scenario.name, _times(found.bots), _ever(found.pause_s, " s"), _ever(found.pause_chats)),
            *(_times(found.exposures), f"{100 * found.bad_before:.0f} -> {100 * found.bad:.0f} %"),
        )
        for scenario, found in ours
    ]
    return _table(("scenario", "bots", "pause", "chats", "exposures", "bad"), rows, (17, 6, 7, 5, 9, 11))


def contrast(found: Found) -> str:
    """What the other rules do, beside ours."""
    rows = [
        (
            *(scenario.name, rule, _percent(each.honest.mean), _percent(each.crowd.mean)),
            *(_times(each.bots), _times(each.exposures)),
        )
        for scenario, by_rule in found
        for rule, each in by_rule.items()
    ]
    return _table(("scenario", "rule", "honest", "crowd", "bots", "exposures"), rows, (17, 10, 8, 8, 6, 9))


def goal_table(goals: Sequence[Goal]) -> str:
    """Each goal, and whether it is met."""
    rows = [
        (
            goal.scenario,
            goal.text,
            goal.form.format(goal.value),
            goal.form.format(goal.limit),
            "met" if goal.met else "MISSED",
        )
        for goal in goals
    ]
    return _table(("scenario", "goal", "found", "at most", ""), rows, (17, 26, 7, 7, 6))


def verdict(goals: Sequence[Goal]) -> str:
    """How many goals are missed."""
    missed = sum(not goal.met for goal in goals)
    return f"Missed: {missed} of {_many(len(goals), 'goal')}."


def scenarios(ours: Sequence[tuple[Scenario, Figures]]) -> str:
    """What each scenario is."""
    lines = (f"- {scenario.name}: {scenario.text}" for scenario, _ in ours)
    return "\n".join(fill(line, WIDTH, subsequent_indent="  ") for line in lines)


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[int]) -> str:
    rule = ("-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:]))
    return "\n".join(_row(cells, widths) for cells in (columns, rule, *rows))


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = cells
    aligned = [f"{first:{widths[0]}}", *(f"{cell:>{width}}" for cell, width in zip(others, widths[1:], strict=True))]
    return f"| {' | '.join(aligned)} |"


def _spread(spread: Spread) -> str:
    return f"{100 * spread.mean:.2f} ({100 * spread.most:.2f})"


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"


def _times(share: float) -> str:
    return f"x{share:.2f}"


def _ever(number: float, unit: str = "") -> str:
    return "never" if isinf(number) else f"{number:.0f}{unit}"


def _many(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
