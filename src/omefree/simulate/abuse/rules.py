"""The rules that are compared: none, ours with the server's own code, and two that others publish. PURE."""

from collections.abc import Callable
from typing import Protocol

from omefree.contract.codes import ReportReason
from omefree.guard.record import Gone, Party, Records
from omefree.simulate.abuse.people import Person

Reports = tuple[ReportReason | None, ReportReason | None]
Present = Callable[[bytes], int]


class Rule(Protocol):
    """What a server does about reports."""

    def chat_ended(self, one: Person, two: Person, reports: Reports, lasted_s: float, now: float) -> None:
        """A chat is over. `reports`: why `one` reported `two`, and why `two` reported `one`."""

    def refused_s(self, party: Party, now: float) -> float:
        """How many seconds this one is told to wait before it may search; 0.0 if it may."""

    def left(self, key: bytes) -> None:
        """The last visit of an address has ended."""

    def tidy(self, now: float) -> None:
        """A minute has passed."""


class NoRule(Rule):
    """Reports have no effect."""

    def chat_ended(self, one: Person, two: Person, reports: Reports, lasted_s: float, now: float) -> None:
        """Nothing."""

    def refused_s(self, party: Party, now: float) -> float:
        """Never."""
        return 0.0

    def left(self, key: bytes) -> None:
        """Nothing."""

    def tidy(self, now: float) -> None:
        """Nothing."""


class OurRule(NoRule):
    """The records of `guard/record.py`, called as the server calls them."""

    def __init__(self, present: Present) -> None:
        self._records = Records(present)

    def chat_ended(self, one: Person, two: Person, reports: Reports, lasted_s: float, now: float) -> None:
        """Counts the chat, then the reports."""
        credits_ = self._records.chat_ended(one, two, lasted_s, now)
        for by, about, reason, credit in zip((one, two), (two, one), reports, credits_, strict=True):
            if reason is not None:
                self._records.reported(by, about, reason, lasted_s=lasted_s, credit=credit, now=now)

    def refused_s(self, party: Party, now: float) -> float:
        """As the reply `paused` tells it: rounded up to a minute."""
        pause = self._records.pause_of(party, now)
        return 0.0 if pause is None else pause.retry_after_s or 0.0

    def left(self, key: bytes) -> None:
        """Drops what need not be remembered."""
        self._records.left(key)

    def tidy(self, now: float) -> None:
        """Forgets what is old."""
        self._records.sweep(now)


class CountRule(NoRule):
    """So many reports about an address in a time, and it is banned. `distinct`: an address has one vote."""

    def __init__(self, votes: int, window_s: float, ban_s: float, *, distinct: bool) -> None:
        self._votes, self._window_s, self._ban_s, self._distinct = votes, window_s, ban_s, distinct
        self._reported: dict[bytes, list[tuple[float, bytes]]] = {}
        self._until: dict[bytes, float] = {}

    def chat_ended(self, one: Person, two: Person, reports: Reports, lasted_s: float, now: float) -> None:
        """Counts the reports."""
        for by, about, reason in zip((one, two), (two, one), reports, strict=True):
            if reason is not None:
                self._count(by.key, about.key, now)

    def refused_s(self, party: Party, now: float) -> float:
        """Until the ban of its address ends."""
        return max(0.0, self._until.get(party.key, now) - now)

    def _count(self, by: bytes, about: bytes, now: float) -> None:
        votes = [vote for vote in self._reported.get(about, ()) if now - vote[0] < self._window_s]
        votes.append((now, by))
        if (len({key for _, key in votes}) if self._distinct else len(votes)) >= self._votes:
            self._until[about] = now + self._ban_s
            votes = []
        self._reported[about] = votes


def fresh(party: Party) -> Party:
    """A visit that begins at this address: what a reload, or a second tab, would be."""
    return Gone(party.key, party.network)


NONE, OURS = "none", "ours"
OMEGLE_LOL, CHATROULETTE = "3 in 1 h", "3 in 5 min"
RULES: dict[str, Callable[[Present], Rule]] = {
    NONE: lambda present: NoRule(),
    OURS: OurRule,
    # larrasket/omegle.lol, shadowban.go: by address, one reporter may vote thrice
    OMEGLE_LOL: lambda present: CountRule(3, 3600.0, 86_400.0, distinct=False),
    # Chatroulette 2010 (aeromental.net), Bazoocam's copy: three people in the last five minutes, by address
    CHATROULETTE: lambda present: CountRule(3, 300.0, 600.0, distinct=True),
}
PUBLISHED = (OMEGLE_LOL, CHATROULETTE)
