"""What is assumed of the people of a simulated evening, and the scenarios that the rules must pass. PURE."""

from msgspec import Struct
from msgspec.structs import replace


class World(Struct, frozen=True):
    """The people of an evening. No public data gives these rates, so the scenarios vary them (docs/reports.md).

    `honest` are present on average, `crowd` of them behind one IPv4 address. `bots` is their share of all;
    `bots_an_address` of them share one, and `colluding` ones keep up chats with each other. The shares of chats that
    are reported: `report_bot`, `report_flasher`, `report_false` (an ordinary partner), `report_disliked`.
    """

    honest: int = 900
    crowd: int = 500
    bots: float = 0.10
    bots_an_address: int = 20
    rotating: bool = False  # a refused bot comes back from an address that nobody has used
    colluding: bool = False
    flashers: int = 4
    flashers_in_crowd: bool = False
    mass_reporters: int = 1  # they report everybody, after two seconds
    report_bot: float = 0.12
    report_flasher: float = 0.30
    report_false: float = 0.004
    report_disliked: float = 0.03
    disliked: float = 0.10  # the share of the honest whom many do not like to see
    spite: float = 0.30  # a flasher reports whom it hoped to be somebody else (aeromental.net, 2010)
    skipped: float = 0.4  # of the chats of two honest people; as in `simulate/crowd.py`

    def without_rules(self) -> "World":
        """A world in which the same things happen if nobody is ever refused: reports and addresses change nothing."""
        plain = World()
        return replace(
            self,
            bots_an_address=plain.bots_an_address,
            rotating=False,
            flashers_in_crowd=False,
            report_bot=plain.report_bot,
            report_flasher=plain.report_flasher,
            report_false=plain.report_false,
            report_disliked=plain.report_disliked,
        )


class Scenario(Struct, frozen=True):
    """A world, what it is in words, and the goals that hold in it. A share of None is no goal.

    `honest`: the share of the honest that may be hindered. `bots`: how many of their chats may remain. `flashers`:
    whether the goals of their first pause hold.
    """

    name: str
    text: str
    world: World = World()
    honest: float | None = 0.005
    bots: float | None = 0.2
    flashers: bool = True

    @property
    def crowd(self) -> float | None:
        """The share of the honest of the crowd that may be hindered."""
        return None if self.honest is None else 0.01

    @property
    def disliked(self) -> float | None:
        """The share of the disliked that may be hindered."""
        return None if self.honest is None else 0.02


HOME = World(bots_an_address=1)
COLLUDING = World(colluding=True, bots_an_address=1)
CROWD_FLASHERS = World(flashers_in_crowd=True)
NIGHT = World(honest=60, crowd=20, flashers=1, mass_reporters=3, bots_an_address=5)


def prompted(world: World) -> World:
    """The world in which the page offers to report with one tap: more people do."""
    return replace(world, report_bot=0.30, report_flasher=0.50)


SCENARIOS = (
    Scenario("data centres", "bots share addresses, 20 each"),
    Scenario("home", "each bot has an address of its own", HOME, bots=0.5),
    Scenario(
        "rotating", "a refused bot takes a fresh address: a limit, no goal", replace(HOME, rotating=True), bots=None
    ),
    Scenario(
        "colluding",
        "bots of data centres keep up chats with each other, to look honest",
        World(colluding=True),
        bots=0.6,
    ),
    Scenario("colluding home", "the same, an address each", COLLUDING, bots=0.6),
    Scenario(
        "colluding prompts",
        "the same; one tap reports: a bot in 30 % of its chats, a flasher in 50 %",
        prompted(COLLUDING),
        bots=0.25,
        flashers=False,
    ),
    Scenario("home prompts", "as home, with one tap: 30 and 50 %", prompted(HOME), bots=None, flashers=False),
    Scenario(
        "few reports",
        "as data centres, but people report in 5 and 15 %",
        World(report_bot=0.05, report_flasher=0.15),
        bots=None,
        flashers=False,
    ),
    Scenario("10 reporters", "10 visitors report everybody after two seconds", World(mass_reporters=10)),
    Scenario("30 reporters", "30 visitors do", World(mass_reporters=30), honest=0.01),
    Scenario(
        "disliked",
        "the disliked are reported in 6 % of their chats, all others in 1 %",
        World(report_disliked=0.06, report_false=0.01),
    ),
    Scenario("skipping", "people skip 80 % of their partners", World(skipped=0.8)),
    Scenario(
        "small night", "60 people, 3 mass reporters, 1 flasher: no goal", NIGHT, honest=None, bots=None, flashers=False
    ),
    Scenario(
        "crowd flashers",
        "flashers behind the crowd's address: a limit, no goal for them",
        CROWD_FLASHERS,
        flashers=False,
    ),
    Scenario(
        "crowd prompts", "the same, with one tap: 30 and 50 %", prompted(CROWD_FLASHERS), bots=None, flashers=False
    ),
)
